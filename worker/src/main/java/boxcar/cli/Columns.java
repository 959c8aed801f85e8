package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which figures of a benchmark people see, and in which order.
 *
 * @param names pairs of a heading and the field under it
 */
record Columns(List<String> names) {
    /**
     * @param names heading, field, heading, field, …
     */
    static Columns of(String... names) {
        return new Columns(List.of(names));
    }

    private List<String> headings() {
        return every(0);
    }

    private List<String> every(int first) {
        return java.util.stream.IntStream.range(0, names.size())
                .filter(i -> i % 2 == first)
                .mapToObj(names::get)
                .toList();
    }

    private List<String> cells(ObjectNode point) {
        return every(1).stream().map(field -> cell(point.path(field))).toList();
    }

    private static String cell(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? "" : value.asText();
    }

    void print(List<ObjectNode> points, PrintStream out) {
        Table table = new Table(headings().toArray(String[]::new));
        points.forEach(point -> table.row(cells(point).toArray(String[]::new)));
        table.print(out);
    }

    String markdown(List<ObjectNode> points) {
        return line(headings())
                + line(headings().stream().map(_ -> "---").toList())
                + points.stream().map(point -> line(cells(point))).collect(Collectors.joining());
    }

    private static String line(List<String> cells) {
        return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
