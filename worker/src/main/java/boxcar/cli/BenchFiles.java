package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A folder of results: for each kind its points, one on a line, and a chart; and a page that shows
 * all of them between two marks.
 */
record BenchFiles(Path folder) {
    static final String BEGIN = "<!-- figures: written by boxcar bench all -->";
    static final String END = "<!-- end of figures -->";
    private static final ObjectMapper JSON = new ObjectMapper();

    void write(BenchKind kind, List<ObjectNode> points) throws IOException {
        Files.writeString(
                folder.resolve(kind.word() + ".json"),
                points.stream()
                        .map(ObjectNode::toString)
                        .collect(Collectors.joining(",\n", "[\n", "\n]\n")));
        Files.writeString(folder.resolve(kind.word() + ".svg"), kind.chart(points).svg());
    }

    /** Writes the page anew, from all results that are there. */
    void write(ObjectNode host) throws IOException {
        Path page = folder.resolve("README.md");
        String text = Files.exists(page) ? Files.readString(page) : "";
        if (!text.contains(BEGIN) || !text.contains(END)) {
            text = text + BEGIN + "\n" + END + "\n";
        }
        String before = text.substring(0, text.indexOf(BEGIN) + BEGIN.length());
        String after = text.substring(text.indexOf(END));
        Files.writeString(page, before + "\n" + figures(host) + after);
    }

    private String figures(ObjectNode host) throws IOException {
        Map<BenchKind, List<ObjectNode>> all = new LinkedHashMap<>();
        for (BenchKind kind : BenchKind.ALL) {
            all.put(kind, read(kind));
        }
        StringBuilder text = new StringBuilder(BenchHost.line(host)).append("\n\n");
        text.append("### Bars\n").append(BenchBars.markdown(all));
        all.forEach((kind, points) -> {
            if (!points.isEmpty()) {
                text.append("\n### ")
                        .append(kind.word().substring(0, 1).toUpperCase(java.util.Locale.ROOT))
                        .append(kind.word().substring(1))
                        .append("\n![%s](%s.svg)\n\n".formatted(kind.word(), kind.word()))
                        .append(kind.columns().markdown(points));
            }
        });
        return text.toString();
    }

    private List<ObjectNode> read(BenchKind kind) throws IOException {
        Path file = folder.resolve(kind.word() + ".json");
        List<ObjectNode> points = new ArrayList<>();
        if (Files.exists(file)) {
            for (JsonNode point : JSON.readTree(file.toFile())) {
                points.add((ObjectNode) point);
            }
        }
        return points;
    }
}
