package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The benchmarks with small numbers: that they work and what they tell, not how fast we are. */
class BenchTest {
    @TempDir Path folder;
    private final List<BenchProcess> started = new ArrayList<>();

    private BenchProcess bench(String... arguments) throws Exception {
        BenchProcess bench = BenchProcess.start(folder, arguments);
        started.add(bench);
        return bench;
    }

    @AfterEach
    void endAll() {
        started.forEach(BenchProcess::end);
    }

    @Tag("long")
    @Test
    void throughputIsOneObjectForEachEngineWithTheBareLoopBesideIt() throws Exception {
        List<JsonNode> points =
                bench(
                                "throughput",
                                "--engine",
                                "all",
                                "--boxes",
                                "2",
                                "--jobs",
                                "10",
                                "--rounds",
                                "1",
                                "--warm-up",
                                "4",
                                "--json")
                        .points();
        assertTrue(!points.isEmpty(), "no engine");
        for (JsonNode point : points) {
            assertHas(
                    point,
                    "engine",
                    "boxes",
                    "jobs",
                    "jobs_per_second",
                    "bare_loop_per_second",
                    "ratio");
            assertEquals(2, point.path("boxes").asInt());
            assertEquals(10, point.path("jobs").asInt());
            assertEquals("echo", point.path("program").asText());
            double bare = point.path("bare_loop_per_second").asDouble();
            double ours = point.path("jobs_per_second").asDouble();
            assertTrue(bare > 0 && ours > 0, point::toString);
            assertEquals(ours / bare, point.path("ratio").asDouble(), 0.02);
            assertTrue(point.path("steps_ms").path("engine").asDouble() > 0, point::toString);
        }
    }

    @Tag("long")
    @Test
    void aSeriesOfACompiledProgramIsAnObjectOnALineForEachNumberOfBoxes() throws Exception {
        Path chart = folder.resolve("chart.svg");
        List<JsonNode> points =
                bench(
                                "throughput",
                                "--program",
                                "c",
                                "--boxes",
                                "1,2",
                                "--jobs",
                                "4",
                                "--rounds",
                                "1",
                                "--warm-up",
                                "0",
                                "--json",
                                "--chart",
                                chart.toString())
                        .points();
        assertEquals(
                List.of(1, 2), points.stream().map(point -> point.path("boxes").asInt()).toList());
        for (JsonNode point : points) {
            assertEquals("c", point.path("program").asText());
            assertTrue(point.path("ratio").asDouble() > 0, point::toString);
        }
        assertTrue(Files.readString(chart).contains("2 boxes"));
    }

    @Tag("long")
    @Test
    void latencyTellsTheWholeAndWhatWeAdd() throws Exception {
        List<JsonNode> points =
                bench("latency", "--jobs", "10", "--rate", "20", "--warm-up", "4", "--json")
                        .points();
        assertEquals(1, points.size());
        JsonNode point = points.getFirst();
        for (String share : List.of("p50_ms", "p90_ms", "p99_ms")) {
            assertHas(point, share, "added_" + share);
            double added = point.path("added_" + share).asDouble();
            assertTrue(added > 0 && added <= point.path(share).asDouble(), point::toString);
        }
    }

    @Tag("long")
    @Test
    void scaleTellsEachDimensionThatIsAskedFor() throws Exception {
        List<JsonNode> points =
                bench(
                                "scale",
                                "--replicas=2",
                                "--backlog=20",
                                "--source-bytes=4096",
                                "--files=3",
                                "--tests=5",
                                "--jobs=10",
                                "--warm-up=4",
                                "--json")
                        .points();
        assertEquals(
                List.of("replicas", "backlog", "source-bytes", "files", "tests"),
                points.stream().map(point -> point.path("dimension").asText()).toList());
        JsonNode replicas = points.getFirst();
        assertEquals(2, replicas.path("value").asInt());
        assertEquals(10, replicas.path("jobs").asInt());
        assertTrue(replicas.path("rss_kb").asLong() > 50_000, replicas::toString);
        JsonNode backlog = points.get(1);
        assertHas(backlog, "first_result_ms", "ratio", "memory_ratio");
        assertEquals(10, backlog.path("tenths_per_second").size(), backlog::toString);
        assertEquals(10, backlog.path("tenths_rss_kb").size(), backlog::toString);
        JsonNode tests = points.get(4);
        assertHas(tests, "runs_per_second", "beside_per_second", "ratio");
    }

    @Tag("long")
    @Test
    void startTellsTimesAndMemory() throws Exception {
        List<JsonNode> points =
                bench("start", "--starts=1", "--idle=1", "--jobs=5", "--json").points();
        JsonNode point = points.getFirst();
        assertHas(point, "idle_cpu_percent", "rss_idle_kb", "rss_loaded_kb");
        long ready = point.path("ready_ms").asLong();
        long taken = point.path("first_job_ms").asLong();
        assertTrue(ready > 0 && taken > 0, point::toString);
        assertTrue(taken <= point.path("first_result_ms").asLong(), point::toString);
        assertTrue(
                point.path("rss_loaded_kb").asLong() >= point.path("rss_idle_kb").asLong() / 2,
                point::toString);
    }

    @Tag("long")
    @Test
    void stoppedInItsWarmUpItLeavesNothing() throws Exception {
        BenchProcess bench = bench("throughput", "--boxes", "2", "--warm-up", "100000");
        bench.awaitSaid("Sent 100,000 of 100,000 jobs");
        bench.interrupt();
        assertEquals(Exit.STOPPED, bench.exit(), bench::said);
        bench.assertNothingIsLeft();
    }

    @Tag("long")
    @Test
    void stoppedWhileTheWorkerIsHeldStillItLeavesNothingEither() throws Exception {
        BenchProcess bench =
                bench("throughput", "--boxes", "1", "--jobs", "50000", "--warm-up", "0");
        bench.awaitProcess("/loop ");
        bench.interrupt();
        assertEquals(Exit.STOPPED, bench.exit(), bench::said);
        bench.assertNothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    throughput --boxes 0            | boxcar: --boxes: 0 must be 1 or more
                    throughput --boxes 4 --jobs 3   | boxcar: --jobs: 3 must be 4 or more
                    throughput --engine docker      | boxcar: --engine: 'docker' must be isolate, runc, auto or all
                    latency --rate 0                | boxcar: --rate: 0 must be 0.01 or more
                    scale                           | boxcar: give one at least of --replicas, --backlog, --source-bytes, --files, --tests
                    scale --source-bytes 1          | boxcar: --source-bytes: 1 must be 64 or more
                    start --starts 0                | boxcar: --starts: 0 must be 1 or more
                    all --out /nowhere              | boxcar: --out: '/nowhere' must be a folder
                    """)
    void aNumberThatCannotBeIsRefusedByItsOption(String arguments, String message)
            throws Exception {
        BenchProcess bench = bench(arguments.split(" ", -1));
        assertEquals(Exit.USAGE, bench.exit(), bench::said);
        assertEquals(message, bench.said().strip());
    }

    @Test
    void partsSayWhereTheirBenchmarksAreWhenThisInstallationHasNone() throws Exception {
        BenchProcess bench = bench("parts");
        assertEquals(Exit.UNAVAILABLE, bench.exit(), bench::said);
        assertTrue(bench.said().contains("start through ./boxcar of the sources"), bench::said);
    }

    private static void assertHas(JsonNode point, String... fields) {
        Set<String> missing =
                new TreeSet<>(Stream.of(fields).filter(field -> !point.has(field)).toList());
        assertEquals(Set.of(), missing, point::toString);
    }
}
