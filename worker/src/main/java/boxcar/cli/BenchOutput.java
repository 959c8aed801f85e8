package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of every benchmark: how it tells what it measured. */
final class BenchOutput {
    @Option(
            names = "--json",
            description = "Print one JSON object for each point, on a line of its own.")
    private boolean json;

    @Option(names = "--chart", paramLabel = "FILE.svg", description = "Draw a chart, too.")
    private @Nullable Path chart;

    /** Measures, and tells it. */
    int tell(Bench bench) throws Exception {
        List<ObjectNode> points = Peace.untilStopped(bench::measure);
        if (json) {
            points.forEach(System.out::println);
        } else {
            bench.kind().columns().print(points, System.out);
            bench.kind().notes(points).forEach(System.out::println);
        }
        if (chart != null) {
            Files.writeString(chart, bench.kind().chart(points).svg());
        }
        return Exit.WELL;
    }
}
