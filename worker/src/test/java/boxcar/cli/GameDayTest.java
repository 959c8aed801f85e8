package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small game day, so that each run of the tests kills somebody. */
class GameDayTest extends Telling {
    private static final int JOBS = 120;

    @TempDir Path folder;
    private @Nullable BenchProcess bench;

    @AfterEach
    void end() {
        if (bench != null) {
            bench.end();
        }
    }

    @Tried(
            "A game day of 120 jobs, or more, and three workers, of which one is killed after each"
                    + " 20 results")
    @Must("each job has its one outcome, and nothing is left")
    @Test
    void aSmallGameDayLosesNothing() throws Exception {
        // A quick host may be done with them between two looks.
        int jobs = JOBS;
        JsonNode report = held(jobs);
        while (report.path("kills").asInt() == 0 && jobs < 8 * JOBS) {
            jobs *= 2;
            report = held(jobs);
        }

        tell(
                "%s outcomes, %s kills, %s began to run more than once"
                        .formatted(
                                report.path("outcomes"),
                                report.path("kills"),
                                report.path("executed_more_than_once")));
        assertTrue(report.path("kills").asInt() > 0, report.toString());
    }

    private JsonNode held(int jobs) throws Exception {
        bench =
                BenchProcess.start(
                        folder,
                        "chaos",
                        "--jobs",
                        Integer.toString(jobs),
                        "--workers",
                        "3",
                        "--kill-after",
                        "20",
                        "--json");
        JsonNode report = report(bench);
        assertNothingIsLost(jobs, report, bench);
        return report;
    }

    /** The one that it prints, once it has ended well and left nothing. */
    static JsonNode report(BenchProcess bench) throws Exception {
        List<JsonNode> reports = bench.points();
        assertEquals(1, reports.size(), reports::toString);
        return reports.getFirst();
    }

    /**
     * @param bench what it told people says which job, and what became of it
     */
    static void assertNothingIsLost(int jobs, JsonNode report, BenchProcess bench) {
        assertEquals(jobs, report.path("jobs").asInt(), bench::said);
        assertEquals(jobs, report.path("outcomes").asInt(), bench::said);
        GameDay.MUST_BE_0.forEach(
                what -> assertEquals("0", report.path(what).toString(), bench::said));
        assertEquals("0", report.path("faults").toString(), bench::said);
        assertTrue(report.path("executed_more_than_once").isInt(), bench::said);
    }
}
