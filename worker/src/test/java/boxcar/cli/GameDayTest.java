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
    @TempDir Path folder;
    private @Nullable BenchProcess bench;

    @AfterEach
    void end() {
        if (bench != null) {
            bench.end();
        }
    }

    @Tried("A game day of 80 jobs and three workers, of which one is killed every three seconds")
    @Must("each job has its one outcome, and nothing is left")
    @Test
    void aSmallGameDayLosesNothing() throws Exception {
        bench =
                BenchProcess.start(
                        folder,
                        "chaos",
                        "--jobs",
                        "80",
                        "--workers",
                        "3",
                        "--kill-every",
                        "3",
                        "--timeout",
                        "150",
                        "--json");

        List<JsonNode> reports = bench.points();

        assertEquals(1, reports.size());
        JsonNode report = reports.getFirst();
        tell(
                "%s outcomes, %s kills, %s began to run more than once"
                        .formatted(
                                report.path("outcomes"),
                                report.path("kills"),
                                report.path("executed_more_than_once")));
        assertEquals(80, report.path("jobs").asInt());
        assertEquals(80, report.path("outcomes").asInt(), report::toString);
        GameDay.MUST_BE_0.forEach(
                what -> assertEquals("0", report.path(what).toString(), report::toString));
        assertEquals("0", report.path("faults").toString(), report::toString);
        assertTrue(report.path("kills").asInt() > 0, report::toString);
        assertTrue(report.path("executed_more_than_once").isInt(), report::toString);
    }
}
