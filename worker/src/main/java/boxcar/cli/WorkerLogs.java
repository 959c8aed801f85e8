package boxcar.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What workers did, by what they logged at debug level, until the last moment of those that were
 * killed: which jobs came and ran how often, and which boxes were lent when.
 */
final class WorkerLogs {
    private static final Pattern JOB =
            Pattern.compile("JobDesk: Job (\\S+) (came|runs), delivery (\\d+)");
    private static final Pattern BOX =
            Pattern.compile("^(\\S+) .*BoxPool: box (\\d+) (lent|returned)");

    private final Map<String, Integer> deliveries = new HashMap<>();
    private final Map<String, Integer> runs = new HashMap<>();
    private final Set<String> redelivered = new HashSet<>();
    private final List<Hold> holds = new ArrayList<>();

    private record Hold(int box, String worker, Instant from, Instant to) {}

    static WorkerLogs read(List<WorkerProcess> workers) throws IOException {
        WorkerLogs logs = new WorkerLogs();
        for (WorkerProcess worker : workers) {
            logs.add(worker);
        }
        return logs;
    }

    private void add(WorkerProcess worker) throws IOException {
        Map<Integer, Instant> lent = new HashMap<>();
        String text = Files.readString(worker.log(), StandardCharsets.ISO_8859_1);
        for (String line : text.split("\n", -1)) {
            Matcher job = JOB.matcher(line);
            if (job.find()) {
                add(job.group(1), job.group(2), Integer.parseInt(job.group(3)));
            }
            Matcher box = BOX.matcher(line);
            if (box.find()) {
                int number = Integer.parseInt(box.group(2));
                Instant at = at(box.group(1));
                if (box.group(3).equals("lent")) {
                    lent.put(number, at);
                } else {
                    Instant from = lent.remove(number);
                    holds.add(new Hold(number, worker.name(), from == null ? at : from, at));
                }
            }
        }
        Instant end = worker.killedAt();
        lent.forEach((number, from) ->
                holds.add(new Hold(number, worker.name(), from, end == null ? Instant.MAX : end)));
    }

    private static Instant at(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            return Instant.MIN;
        }
    }

    private void add(String job, String what, int delivery) {
        if (what.equals("runs")) {
            runs.merge(job, 1, Integer::sum);
            return;
        }
        deliveries.merge(job, 1, Integer::sum);
        if (delivery > 1) {
            redelivered.add(job);
        }
    }

    Set<String> deliveredMoreThanOnce() {
        return moreThanOnce(deliveries);
    }

    Set<String> redelivered() {
        return redelivered;
    }

    Set<String> ranMoreThanOnce() {
        return moreThanOnce(runs);
    }

    private static Set<String> moreThanOnce(Map<String, Integer> counts) {
        Set<String> more = new HashSet<>();
        counts.forEach((key, count) -> {
            if (count > 1) {
                more.add(key);
            }
        });
        return more;
    }

    /** Lends, in all. */
    int lends() {
        return holds.size();
    }

    /** Boxes that were lent while another worker, or this one, had lent them. */
    List<String> heldTwice() {
        List<Hold> sorted = new ArrayList<>(holds);
        sorted.sort(Comparator.comparingInt(Hold::box).thenComparing(Hold::from));
        List<String> twice = new ArrayList<>();
        for (int i = 1; i < sorted.size(); i++) {
            Hold before = sorted.get(i - 1);
            Hold after = sorted.get(i);
            if (before.box == after.box && after.from.isBefore(before.to)) {
                twice.add(before + " and " + after);
            }
        }
        return twice;
    }
}
