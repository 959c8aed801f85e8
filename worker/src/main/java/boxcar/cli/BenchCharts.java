package boxcar.cli;

import boxcar.cli.Chart.Bar;
import boxcar.cli.Chart.Ink;
import boxcar.cli.Chart.Mark;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The charts of the benchmarks. */
final class BenchCharts {
    private BenchCharts() {}

    static Chart throughput(List<ObjectNode> points) {
        Chart chart = new Chart("Jobs a second, beside the bare loop of the engine's own commands");
        by(points, p -> p.path("engine").asText() + ", " + p.path("program").asText())
                .forEach((title, some) -> {
                    List<Bar> bars = new ArrayList<>();
                    for (ObjectNode p : some) {
                        double ours = p.path("jobs_per_second").asDouble();
                        String text =
                                "%s, %s × the bare loop"
                                        .formatted(Chart.number(ours), p.path("ratio").asText());
                        bars.add(new Bar(p.path("boxes") + " boxes", ours, text, Ink.OURS));
                        bars.add(bar("bare loop", p, "bare_loop_per_second", Ink.BESIDE));
                    }
                    chart.panel(title, bars);
                });
        return chart;
    }

    static Chart latency(List<ObjectNode> points) {
        Chart chart = new Chart("From producing a job to having its result");
        for (ObjectNode p : points) {
            List<Bar> bars = new ArrayList<>();
            for (String share : List.of("p50", "p90", "p99")) {
                bars.add(bar(share, p, share + "_ms", Ink.OURS));
                bars.add(bar("of it added", p, "added_" + share + "_ms", Ink.ADDED));
            }
            String title = p.path("engine").asText() + ", " + p.path("rate") + " jobs a second, ms";
            chart.panel(title, bars, new Mark(20, "p99 ≤ 20 added"));
            steps(chart, p);
        }
        return chart;
    }

    private static void steps(Chart chart, ObjectNode point) {
        List<Bar> bars = new ArrayList<>();
        point.path("steps_ms")
                .forEachEntry((step, ms) -> {
                    Ink ink = step.equals("stage") ? Ink.BESIDE : Ink.ADDED;
                    bars.add(Bar.of(step, ms.asDouble(), ink));
                });
        if (!bars.isEmpty()) {
            chart.panel("Where a job's milliseconds go, in the mean", bars);
        }
    }

    /** On a scale of logarithms, for the parts are from a microsecond to some milliseconds. */
    static Chart parts(List<ObjectNode> points) {
        List<Bar> bars = new ArrayList<>();
        for (ObjectNode p : points) {
            double us = p.path("us").asDouble();
            String text = "%s ± %s".formatted(Chart.number(us), p.path("error_us").asText());
            double length = Math.log10(Math.max(0.1, us)) + 1;
            bars.add(new Bar(p.path("part").asText(), length, text, Ink.OURS));
        }
        return new Chart("What single parts of the worker take")
                .panel("Microseconds; each tenfold is as long again", bars);
    }

    static Chart scale(List<ObjectNode> points) {
        Chart chart = new Chart("What becomes of it when there is more");
        by(points, p -> p.path("dimension").asText())
                .forEach((dimension, some) -> {
                    if (dimension.equals("backlog")) {
                        some.forEach(p -> backlog(chart, p));
                    } else {
                        chart.panel(dimension, bars(some));
                    }
                });
        return chart;
    }

    private static List<Bar> bars(List<ObjectNode> points) {
        List<Bar> bars = new ArrayList<>();
        for (ObjectNode p : points) {
            boolean runs = p.has("runs_per_second");
            double rate = p.path(runs ? "runs_per_second" : "jobs_per_second").asDouble();
            String text = Chart.number(rate) + (runs ? " runs/s" : " jobs/s");
            bars.add(new Bar(p.path("value").asText(), rate, text, Ink.OURS));
            if (p.has("beside_per_second")) {
                bars.add(bar(p.path("beside").asText(), p, "beside_per_second", Ink.BESIDE));
            }
        }
        return bars;
    }

    private static void backlog(Chart chart, ObjectNode point) {
        String jobs = Chart.number(point.path("value").asDouble());
        chart.panel(
                "backlog of " + jobs + ", jobs a second in each tenth",
                tenths(point.path("tenths_per_second"), 1),
                new Mark(point.path("beside_per_second").asDouble(), "small backlog"));
        chart.panel(
                "resident memory of the worker at the end of each tenth, MB",
                tenths(point.path("tenths_rss_kb"), 1000),
                new Mark(point.path("beside_rss_kb").asDouble() / 1000, "small backlog"));
    }

    private static List<Bar> tenths(JsonNode numbers, double over) {
        List<Bar> bars = new ArrayList<>();
        for (JsonNode number : numbers) {
            String label = bars.size() + 1 + " of " + numbers.size();
            bars.add(Bar.of(label, number.asDouble() / over, Ink.OURS));
        }
        return bars;
    }

    static Chart start(List<ObjectNode> points) {
        Chart chart = new Chart("How soon a worker is there, and what it takes");
        for (ObjectNode p : points) {
            String engine = p.path("engine").asText();
            chart.panel(
                    engine + ", ms from the start of its process",
                    List.of(
                            bar("ready", p, "ready_ms", Ink.OURS),
                            bar("first job taken", p, "first_job_ms", Ink.OURS),
                            bar("first result", p, "first_result_ms", Ink.OURS)),
                    new Mark(1500, "ready ≤ 1,500"));
            chart.panel(
                    engine + ", resident memory, MB",
                    List.of(
                            megabytes("idle", p, "rss_idle_kb"),
                            megabytes("under load, most", p, "rss_loaded_kb"),
                            megabytes("idle again", p, "rss_after_load_kb")),
                    new Mark(170, "idle ≤ 170"));
        }
        return chart;
    }

    private static Bar megabytes(String label, ObjectNode point, String field) {
        return Bar.of(label, point.path(field).asDouble() / 1000, Ink.OURS);
    }

    private static Bar bar(String label, ObjectNode point, String field, Ink ink) {
        return Bar.of(label, point.path(field).asDouble(), ink);
    }

    private static Map<String, List<ObjectNode>> by(
            List<ObjectNode> points, Function<ObjectNode, String> title) {
        Map<String, List<ObjectNode>> groups = new LinkedHashMap<>();
        for (ObjectNode point : points) {
            groups.computeIfAbsent(title.apply(point), _ -> new ArrayList<>()).add(point);
        }
        return groups;
    }
}
