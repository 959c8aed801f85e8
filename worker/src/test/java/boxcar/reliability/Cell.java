package boxcar.reliability;

import java.util.List;
import java.util.TreeSet;

/** What the runs of one test on one engine came to, in the words of a cell. */
final class Cell {
    private static final String FAILED = "**failed ";

    private Cell() {}

    static boolean tellsOfAFailure(String cell) {
        return cell.startsWith(FAILED);
    }

    static String of(List<Run> runs) {
        long failed = runs.stream().filter(run -> !Boolean.TRUE.equals(run.passed())).count();
        long longest = runs.stream().mapToLong(Run::millis).max().orElse(0);
        var outcomes = new TreeSet<String>();
        runs.forEach(run -> outcomes.add(run.outcome()));
        outcomes.remove("");
        return "%s%s, %d× ≤ %d ms"
                .formatted(
                        failed == 0
                                ? "as it must"
                                : (FAILED + "%d of %d**").formatted(failed, runs.size()),
                        outcomes.isEmpty() ? "" : ": " + String.join(", ", outcomes),
                        runs.size(),
                        longest);
    }
}
