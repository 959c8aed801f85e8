package boxcar.engine;

import boxcar.job.Captured;
import boxcar.job.JobResult.TestResult;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Results of tests whose outputs together stay within a bound, and a quarter more: no record takes
 * more anyway. Outputs are cut to one length, the longest that keeps the bound, and flagged.
 */
final class KeptTests {
    private final long most;
    private final List<TestResult> results = new ArrayList<>();
    private int longest = Integer.MAX_VALUE;
    private long kept;

    /**
     * @param most bytes
     */
    KeptTests(long most) {
        this.most = most;
    }

    void add(TestResult result) {
        TestResult cut = result.cut(longest);
        results.add(cut);
        kept += kept(longest, Stream.of(cut));
        if (kept > most + most / 4) {
            shorten();
        }
    }

    List<TestResult> all() {
        return results;
    }

    private void shorten() {
        int low = 0;
        int high = longest;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (kept(middle, results.stream()) <= most) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        longest = low;
        results.replaceAll(result -> result.cut(longest));
        kept = kept(longest, results.stream());
    }

    /** What would be kept of outputs of this length at most. */
    private static long kept(int length, Stream<TestResult> results) {
        return results.mapToLong(result ->
                        result.run() == null
                                ? 0
                                : kept(length, result.run().ending().stdout())
                                        + kept(length, result.run().ending().stderr()))
                .sum();
    }

    private static long kept(int length, Captured output) {
        return Math.min(length, output.bytes().length);
    }
}
