package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A game day that is long enough for the broker to be killed, too, on each engine. */
@Tag("long")
class GameDayInFullTest extends Telling {
    private static final Duration PATIENCE = Duration.ofMinutes(40);
    private static final Pattern VERSION =
            Pattern.compile("(?:process isolator|runc version) (\\S+)");

    @TempDir Path folder;
    private @Nullable BenchProcess bench;
    private String engine = "";

    @Override
    public String engine() {
        return engine;
    }

    @AfterEach
    void end() {
        if (bench != null) {
            bench.end();
        }
    }

    @Tried(
            "A game day of 500 jobs and three workers, of which one is killed after each 20"
                    + " results, and after each ten of them the broker")
    @Must("each job has its one outcome, and nothing is left")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aGameDayInFullLosesNothing(String program) throws Exception {
        engine = engine(program);
        bench =
                BenchProcess.start(
                        folder,
                        PATIENCE,
                        environment(program),
                        "chaos",
                        "--jobs",
                        "500",
                        "--workers",
                        "3",
                        "--kill-after",
                        "20",
                        "--kill-broker",
                        "--json");

        JsonNode report = GameDayTest.report(bench);

        tell(
                ("%s outcomes, %s with two results, %s kills, %s of the broker, %s came and %s began to"
                                + " run more than once, %s boxes lent, %s s")
                        .formatted(
                                report.path("outcomes"),
                                report.path("repeated"),
                                report.path("kills"),
                                report.path("broker_kills"),
                                report.path("delivered_more_than_once"),
                                report.path("executed_more_than_once"),
                                report.path("boxes_lent"),
                                report.path("seconds")));
        assertEquals(
                program.startsWith("isolate") ? "isolate" : "runc",
                report.path("engine").asText(),
                report::toString);
        GameDayTest.assertNothingIsLost(500, report, bench);
        assertTrue(report.path("kills").asInt() >= 5, report::toString);
        assertTrue(report.path("broker_kills").asInt() >= 1, report::toString);
        assertTrue(report.path("boxes_lent").asInt() >= 500, report::toString);
    }

    private static Map<String, String> environment(String program) {
        return program.equals("runc")
                ? Map.of("BOXCAR_SANDBOX", "runc")
                : Map.of("BOXCAR_SANDBOX", "isolate", "BOXCAR_SANDBOX_ISOLATE", program);
    }

    /** Name and version, as the columns of docs/reliability.md have them. */
    private static String engine(String program) throws Exception {
        Finished said =
                OsProcess.run(
                        Command.tool(
                                List.of(
                                        "/bin/sh",
                                        "-c",
                                        "command -v \"$0\" && exec \"$0\" --version",
                                        program)),
                        Duration.ofSeconds(20));
        Matcher version = VERSION.matcher(said.out());
        assumeTrue(said.well() && version.find(), () -> program + " is not on this host");
        return program.replaceFirst("-1$", "") + " " + version.group(1);
    }
}
