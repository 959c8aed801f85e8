package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a worker's time goes: the sums of {@code boxcar_step_seconds}, as it serves them.
 *
 * @param seconds by step
 * @param jobs how many there were
 */
record Timeline(Map<String, Double> seconds, double jobs) {
    /** Every job goes through it once. */
    private static final String ONCE = "hand-over";

    private static final Pattern LINE =
            Pattern.compile("boxcar_step_seconds_(sum|count)\\{step=\"([^\"]+)\",\\} (\\S+)");

    static Timeline of(String metrics) {
        Map<String, Double> seconds = new TreeMap<>();
        double jobs = 0;
        for (Matcher line = LINE.matcher(metrics); line.find(); ) {
            double value = Double.parseDouble(line.group(3));
            if (line.group(1).equals("sum")) {
                seconds.put(line.group(2), value);
            } else if (line.group(2).equals(ONCE)) {
                jobs = value;
            }
        }
        return new Timeline(seconds, jobs);
    }

    /** What came since an earlier look; steps that none went through since are left out. */
    Timeline since(Timeline before) {
        Map<String, Double> more = new TreeMap<>();
        seconds.forEach((step, sum) -> {
            double spent = sum - before.seconds.getOrDefault(step, 0.0);
            if (spent > 0) {
                more.put(step, spent);
            }
        });
        return new Timeline(more, jobs - before.jobs);
    }

    /** Milliseconds of each step for a job, in the mean; together they are what a job takes. */
    ObjectNode perJob() {
        ObjectNode told = BenchStand.object();
        seconds.forEach(
                (step, sum) -> told.put(step, Spread.rounded(sum * 1000 / Math.max(1, jobs))));
        return told;
    }
}
