package boxcar.cli;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What workers did, by what they logged at debug level, until the last moment of those that were
 * killed: which jobs came and ran how often, and which boxes were lent when.
 */
final class WorkerLogs {
    private static final Pattern JOB =
            Pattern.compile("JobDesk: Job (\\S+) (came|runs), delivery (\\d+)");
    private static final String OF_A_BOX = "BoxPool: box ";
    private static final Pattern BOX =
            Pattern.compile("^(\\S+) .*" + OF_A_BOX + "(\\d{1,7}) (lent|returned)\r?$");

    private final Map<String, Integer> deliveries = new HashMap<>();
    private final Map<String, Integer> runs = new HashMap<>();
    private final Set<String> redelivered = new HashSet<>();
    private final List<Hold> holds = new ArrayList<>();
    private final List<String> lentTwice = new ArrayList<>();

    private record Hold(int box, String worker, Instant from, Instant to) {}

    /**
     * @throws Fault if a line about a box cannot be read: what is not seen cannot be missed
     */
    static WorkerLogs read(List<WorkerProcess> workers) throws IOException, Fault {
        WorkerLogs logs = new WorkerLogs();
        for (WorkerProcess worker : workers) {
            logs.add(
                    worker.name(),
                    Files.readString(worker.log(), StandardCharsets.ISO_8859_1),
                    worker.killedAt());
        }
        return logs;
    }

    /**
     * Adds the log of one worker, whose name is no other's.
     *
     * @param killed null if it was not
     */
    void add(String worker, String text, @Nullable Instant killed) throws Fault {
        Map<Integer, Deque<Instant>> lent = new HashMap<>();
        for (String line : lines(text, killed != null)) {
            Matcher job = JOB.matcher(line);
            if (job.find()) {
                add(job.group(1), job.group(2), Integer.parseInt(job.group(3)));
            }
            if (line.contains(OF_A_BOX)) {
                addBox(worker, line, lent);
            }
        }
        Instant end = killed == null ? Instant.MAX : killed;
        lent.forEach(
                (box, since) -> since.forEach(from -> holds.add(new Hold(box, worker, from, end))));
    }

    /** A kill may cut the last line short: then that did not happen yet. */
    private static List<String> lines(String text, boolean killed) {
        return (killed ? text.substring(0, text.lastIndexOf('\n') + 1) : text).lines().toList();
    }

    private void addBox(String worker, String line, Map<Integer, Deque<Instant>> lent)
            throws Fault {
        Matcher told = BOX.matcher(line);
        if (!told.find()) {
            throw unreadable(worker, line);
        }
        int box = Integer.parseInt(told.group(2));
        Instant at = at(worker, told.group(1), line);
        Deque<Instant> since = lent.computeIfAbsent(box, _ -> new ArrayDeque<>());
        if (told.group(3).equals("lent")) {
            if (!since.isEmpty()) {
                lentTwice.add(
                        "box %d lent by %s at %s, though it had lent it at %s"
                                .formatted(box, worker, at, since.peekLast()));
            }
            since.addLast(at);
        } else if (since.isEmpty()) {
            throw unreadable(worker, line + " (it was not lent)");
        } else {
            holds.add(new Hold(box, worker, since.removeFirst(), at));
        }
    }

    private static Instant at(String worker, String text, String line) throws Fault {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException _) {
            throw unreadable(worker, line);
        }
    }

    private static Fault unreadable(String worker, String line) {
        return new Fault(
                "logs",
                Fault.Next.GIVE_UP,
                "the log of " + worker + " has a line that cannot be read: " + line);
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
        return Collections.unmodifiableSet(redelivered);
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

    /**
     * Boxes that were lent while another worker, or this one, had lent them. Within one worker the
     * order of its lines tells, since two of them may have the same millisecond; across workers
     * their clock does, which is the host's.
     */
    List<String> heldTwice() {
        List<Hold> sorted = new ArrayList<>(holds);
        sorted.sort(
                Comparator.comparingInt(Hold::box)
                        .thenComparing(Hold::from)
                        .thenComparing(Hold::to));
        List<String> twice = new ArrayList<>(lentTwice);
        Map<String, Hold> last = new HashMap<>();
        int box = -1;
        for (Hold hold : sorted) {
            if (hold.box != box) {
                box = hold.box;
                last.clear();
            }
            for (Hold before : last.values()) {
                if (!before.worker.equals(hold.worker) && hold.from.isBefore(before.to)) {
                    twice.add(before + " and " + hold);
                }
            }
            last.merge(hold.worker, hold, (one, two) -> two.to.isBefore(one.to) ? one : two);
        }
        return twice;
    }
}
