package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a worker's time goes: the sums of {@code boxcar_step_seconds}, as it serves them. */
record Timeline(Map<String, Double> seconds, Map<String, Double> counts) {
    private static final Pattern LINE =
            Pattern.compile("boxcar_step_seconds_(sum|count)\\{step=\"([^\"]+)\",\\} (\\S+)");

    static Timeline of(String metrics) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        Map<String, Double> counts = new LinkedHashMap<>();
        for (Matcher line = LINE.matcher(metrics); line.find(); ) {
            Map<String, Double> into = line.group(1).equals("sum") ? seconds : counts;
            into.put(line.group(2), Double.parseDouble(line.group(3)));
        }
        return new Timeline(seconds, counts);
    }

    /** Adds the mean milliseconds of each step since an earlier look. */
    void tell(ObjectNode into, Timeline before) {
        seconds.forEach((step, sum) -> {
            double count = counts.getOrDefault(step, 0.0) - before.counts.getOrDefault(step, 0.0);
            double spent = sum - before.seconds.getOrDefault(step, 0.0);
            if (count > 0) {
                into.put(step, Spread.rounded(spent * 1000 / count));
            }
        });
    }
}
