package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whether anything grows. It needs a machine for half an hour, so only {@code -Psoak} runs it;
 * {@code -Dboxcar.soak.minutes} is how long jobs are sent.
 */
@Tag("soak")
class SoakTest extends Telling {
    private static final Duration AROUND_IT = Duration.ofMinutes(20);

    @TempDir Path folder;
    private @Nullable BenchProcess bench;

    @AfterEach
    void end() {
        if (bench != null) {
            bench.end();
        }
    }

    @Tried("A soak: an even load for half an hour, beside a worker that is killed each minute")
    @Must("nothing grows, each job has its one outcome, and nothing is left")
    @Test
    void nothingGrows() throws Exception {
        long minutes = Long.getLong("boxcar.soak.minutes", 30);
        bench =
                BenchProcess.start(
                        folder,
                        Duration.ofMinutes(minutes).plus(AROUND_IT),
                        // So that it can run beside the other tests.
                        Map.of("BOXCAR_BOXES_FIRST", "800", "BOXCAR_BOXES_LAST", "840"),
                        "soak",
                        "--minutes",
                        Long.toString(minutes),
                        "--json");

        int exit = bench.exit();

        List<JsonNode> reports = bench.told();
        assertEquals(1, reports.size(), bench::said);
        JsonNode report = reports.getFirst();
        tell(
                "%d min, %s jobs, %s kills, %s samples, %s boxes lent; medians of the last two thirds: %s"
                        .formatted(
                                minutes,
                                report.path("jobs"),
                                report.path("kills"),
                                report.path("samples"),
                                report.path("boxes_lent"),
                                figures(report.path("figures"))));
        assertEquals(Exit.WELL, exit, bench::said);
        assertTrue(report.path("well").asBoolean(), report::toString);
        SoakReport.MUST_BE_0.forEach(
                what -> assertEquals("0", report.path(what).toString(), report::toString));
        bench.assertNothingIsLeft();
    }

    private static String figures(JsonNode figures) {
        return figures.properties().stream()
                .map(figure ->
                        "%s %s → %s"
                                .formatted(
                                        figure.getKey().replace('_', ' '),
                                        figure.getValue().path("middle"),
                                        figure.getValue().path("last")))
                .collect(Collectors.joining(", "));
    }
}
