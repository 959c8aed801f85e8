package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Function;

/**
 * A benchmark's kind: how what it measured is shown.
 *
 * @param word as the command line and the results name it
 */
record BenchKind(String word, Columns columns, Function<List<ObjectNode>, Chart> drawn) {
    static final BenchKind THROUGHPUT =
            new BenchKind(
                    "throughput",
                    Columns.of(
                            "ENGINE", "engine",
                            "PROGRAM", "program",
                            "BOXES", "boxes",
                            "JOBS/S", "jobs_per_second",
                            "BARE LOOP/S", "bare_loop_per_second",
                            "RATIO", "ratio",
                            "LEAST", "ratio_least",
                            "MOST", "ratio_most",
                            "FIRST MS", "first_result_ms"),
                    BenchCharts::throughput);
    static final BenchKind LATENCY =
            new BenchKind(
                    "latency",
                    Columns.of(
                            "ENGINE", "engine",
                            "JOBS/S", "rate",
                            "P50 MS", "p50_ms",
                            "P90 MS", "p90_ms",
                            "P99 MS", "p99_ms",
                            "ADDED P50", "added_p50_ms",
                            "ADDED P90", "added_p90_ms",
                            "ADDED P99", "added_p99_ms",
                            "STAGE P50", "stage_p50_ms"),
                    BenchCharts::latency);
    static final BenchKind PARTS =
            new BenchKind(
                    "parts",
                    Columns.of("PART", "part", "US", "us", "± US", "error_us", "WHAT", "what"),
                    BenchCharts::parts);
    static final BenchKind SCALE =
            new BenchKind(
                    "scale",
                    Columns.of(
                            "DIMENSION", "dimension",
                            "VALUE", "value",
                            "JOBS", "jobs",
                            "JOBS/S", "jobs_per_second",
                            "RUNS/S", "runs_per_second",
                            "FIRST MS", "first_result_ms",
                            "BESIDE", "beside",
                            "BESIDE/S", "beside_per_second",
                            "RATIO", "ratio",
                            "MEMORY KB", "rss_kb",
                            "MEMORY RATIO", "memory_ratio"),
                    BenchCharts::scale);
    static final BenchKind START =
            new BenchKind(
                    "start",
                    Columns.of(
                            "ENGINE", "engine",
                            "READY MS", "ready_ms",
                            "FIRST JOB MS", "first_job_ms",
                            "FIRST RESULT MS", "first_result_ms",
                            "IDLE KB", "rss_idle_kb",
                            "LOADED KB", "rss_loaded_kb",
                            "IDLE CPU %", "idle_cpu_percent",
                            "AFTER LOAD KB", "rss_after_load_kb",
                            "AFTER LOAD CPU %", "idle_after_load_cpu_percent"),
                    BenchCharts::start);

    /** In the order in which they are shown. */
    static final List<BenchKind> ALL = List.of(THROUGHPUT, LATENCY, PARTS, SCALE, START);

    Chart chart(List<ObjectNode> points) {
        return drawn.apply(points);
    }

    /** What people are told beside the table: what a job's time and CPU time went to. */
    List<String> notes(List<ObjectNode> points) {
        return points.stream().filter(point -> point.has("steps_ms")).map(BenchKind::note).toList();
    }

    private static String note(ObjectNode point) {
        String which = point.path("engine").asText() + " " + point.path("dimension").asText();
        String value =
                point.has("value") ? point.path("value").asText() : point.path("boxes").asText();
        String cpu =
                point.has("worker_cpu_ms")
                        ? "; CPU: bare loop %s, stages %s, worker %s, broker %s"
                                .formatted(
                                        point.path("bare_cpu_ms"),
                                        point.path("stages_cpu_ms"),
                                        point.path("worker_cpu_ms"),
                                        point.path("broker_cpu_ms"))
                        : "";
        return "ms of a job, " + which.strip() + " " + value + ": " + point.path("steps_ms") + cpu;
    }
}
