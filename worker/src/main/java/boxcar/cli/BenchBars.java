package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The bars that the figures are held against. */
final class BenchBars {
    private BenchBars() {}

    /**
     * A bar.
     *
     * @param which the points it is for
     * @param field the figure
     * @param met whether a figure meets it
     */
    private record Bar(
            String what,
            BenchKind kind,
            Predicate<ObjectNode> which,
            String field,
            Predicate<Double> met) {}

    private static List<Bar> bars() {
        return List.of(
                new Bar(
                        "echo on isolate, boxes = cores: at least 1.2 × the bare loop",
                        BenchKind.THROUGHPUT,
                        p -> is(p, "engine", "isolate") && asManyBoxesAsCores(p),
                        "ratio",
                        x -> x >= 1.2),
                new Bar(
                        "echo on runc, boxes = cores: at least 0.95 × bare `runc run`",
                        BenchKind.THROUGHPUT,
                        p -> is(p, "engine", "runc") && asManyBoxesAsCores(p),
                        "ratio",
                        x -> x >= 0.95),
                latency("p50", 5),
                latency("p99", 20),
                new Bar(
                        "1,000 tests in one job: at least 0.95 × the bare loop's runs",
                        BenchKind.SCALE,
                        p -> is(p, "dimension", "tests") && p.path("value").asInt() == 1000,
                        "ratio",
                        x -> x >= 0.95),
                backlog("throughput, within 5 %", "ratio", 0.05),
                backlog("resident memory, within 10 %", "memory_ratio", 0.10),
                start("resident memory idle: at most 170 MB (kB)", "rss_idle_kb", 170_000),
                start("CPU idle: at most 2 % of a core", "idle_cpu_percent", 2),
                start("start to ready, group there: at most 1.5 s (ms)", "ready_ms", 1500));
    }

    private static boolean is(ObjectNode point, String field, String value) {
        return point.path(field).asText().equals(value);
    }

    private static boolean asManyBoxesAsCores(ObjectNode point) {
        return is(point, "program", "echo") && point.path("boxes").equals(point.path("cores"));
    }

    private static Bar latency(String share, double most) {
        return new Bar(
                "latency that we add, isolate, %s: at most %.0f ms".formatted(share, most),
                BenchKind.LATENCY,
                p -> is(p, "engine", "isolate"),
                "added_" + share + "_ms",
                x -> x <= most);
    }

    private static Bar backlog(String what, String field, double within) {
        return new Bar(
                "a backlog of 100,000 beside a small one: " + what,
                BenchKind.SCALE,
                p -> is(p, "dimension", "backlog") && p.path("value").asInt() == 100_000,
                field,
                // A hundredth is what figures are rounded to.
                x -> Math.abs(x - 1) < within + 0.005);
    }

    private static Bar start(String what, String field, double most) {
        return new Bar(what, BenchKind.START, p -> true, field, x -> x <= most);
    }

    /** A table: each bar, the figure, and whether it is met. */
    static String markdown(Map<BenchKind, List<ObjectNode>> points) {
        List<ObjectNode> rows = new ArrayList<>();
        for (Bar bar : bars()) {
            ObjectNode row = BenchStand.object().put("what", bar.what);
            points.getOrDefault(bar.kind, List.of()).stream()
                    .filter(bar.which)
                    .filter(point -> point.has(bar.field))
                    .findFirst()
                    .ifPresentOrElse(
                            point ->
                                    row.put("figure", point.path(bar.field).asText())
                                            .put(
                                                    "met",
                                                    bar.met.test(point.path(bar.field).asDouble())
                                                            ? "yes"
                                                            : "**no**"),
                            () -> row.put("figure", "").put("met", "not measured"));
            rows.add(row);
        }
        return Columns.of("Bar", "what", "Figure", "figure", "Met", "met").markdown(rows);
    }
}
