package boxcar.reliability;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * docs/reliability.md with its tables. A table stands between {@code <!-- tests of A, B -->} and
 * {@code <!-- end -->} and has the rows of those classes; it begins with what is tried, what must
 * happen and the test, and has a column for each engine that was ever used.
 */
record Page(String text) {
    private static final Pattern TABLE =
            Pattern.compile("(<!-- tests of ([\\w, ]+) -->\n)(.*?)(<!-- end -->)", Pattern.DOTALL);
    private static final String NO_ENGINE = "Result";

    /** The left of each row, as it stands on the page. */
    List<String> rows() {
        return tables().flatMap(table -> table.cells.keySet().stream()).toList();
    }

    /** The classes whose tests the page has. */
    List<String> classes() {
        return tables().flatMap(table -> table.classes.stream()).toList();
    }

    private Stream<Table> tables() {
        return TABLE.matcher(text).results().map(Table::read);
    }

    /** The rows in which a test failed. */
    List<String> failures() {
        return tables().flatMap(table -> table.cells.entrySet().stream())
                .filter(row -> row.getValue().values().stream().anyMatch(Cell::tellsOfAFailure))
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * With what the tests say now, and what one run of them came to. What that did not run has no
     * result, though it had one before; but a soak is a run of its own, and neither touches the
     * cells of the other.
     */
    Page with(List<Row> rows, List<Run> runs) {
        Set<String> tests = runs.stream().map(Run::test).collect(Collectors.toSet());
        Set<Boolean> kinds =
                rows.stream()
                        .filter(row -> tests.contains(row.test()))
                        .map(Row::soak)
                        .collect(Collectors.toSet());
        return new Page(
                TABLE.matcher(text)
                        .replaceAll(match ->
                                Matcher.quoteReplacement(
                                        match.group(1)
                                                + Table.read(match).with(rows, runs, kinds).write()
                                                + match.group(4))));
    }

    /**
     * @param engines the columns on the right
     * @param cells by the left of its row: what each engine came to
     */
    private record Table(
            List<String> classes, Set<String> engines, Map<String, Map<String, String>> cells) {
        static Table read(java.util.regex.MatchResult match) {
            var table =
                    new Table(
                            List.of(match.group(2).split(", ", -1)),
                            new LinkedHashSet<>(),
                            new LinkedHashMap<>());
            List<String> lines =
                    match.group(3).lines().filter(line -> line.startsWith("|")).toList();
            if (!lines.isEmpty()) {
                table.engines.addAll(right(lines.getFirst()));
                lines.stream().skip(2).forEach(table::readRow);
            }
            return table;
        }

        private static List<String> words(String line) {
            String[] words = line.split("\\|", -1);
            return Stream.of(words).skip(1).limit(words.length - 2).map(String::strip).toList();
        }

        private static List<String> right(String line) {
            return words(line).stream().skip(3).toList();
        }

        private void readRow(String line) {
            String left = "| " + String.join(" | ", words(line).subList(0, 3)) + " |";
            Map<String, String> row = new LinkedHashMap<>();
            List<String> right = right(line);
            int i = 0;
            for (String engine : engines) {
                row.put(engine, right.get(i++));
            }
            cells.put(left, row);
        }

        /**
         * @param kinds of rows whose cells are all told anew: soaks, or not
         */
        Table with(List<Row> rows, List<Run> runs, Set<Boolean> kinds) {
            var mine = rows.stream().filter(row -> classes.contains(row.declaring())).toList();
            var columns = new LinkedHashSet<>(engines);
            var filled = new LinkedHashMap<String, Map<String, String>>();
            for (Row row : inOrder(mine)) {
                Map<String, String> right = new LinkedHashMap<>();
                if (!kinds.contains(row.soak())) {
                    right.putAll(cells.getOrDefault(row.left(), Map.of()));
                }
                Map<String, List<Run>> byEngine = new LinkedHashMap<>();
                runs.stream()
                        .filter(run -> run.test().equals(row.test()) && run.passed() != null)
                        .forEach(run ->
                                byEngine.computeIfAbsent(column(run), _ -> new ArrayList<>())
                                        .add(run));
                byEngine.forEach((engine, of) -> right.put(engine, Cell.of(of)));
                columns.addAll(byEngine.keySet());
                filled.put(row.left(), right);
            }
            return new Table(classes, columns, filled);
        }

        private static String column(Run run) {
            return run.engine().isEmpty() ? NO_ENGINE : run.engine();
        }

        /** As they stand on the page, then those that are new. */
        private List<Row> inOrder(List<Row> rows) {
            List<String> known = List.copyOf(cells.keySet());
            return rows.stream()
                    .sorted(
                            java.util.Comparator.comparingInt(row -> {
                                int at = known.indexOf(row.left());
                                return at < 0 ? Integer.MAX_VALUE : at;
                            }))
                    .toList();
        }

        String write() {
            var page = new StringBuilder("| What is tried | What must happen | Test |");
            engines.forEach(engine -> page.append(' ').append(engine).append(" |"));
            page.append("\n|---|---|---|").append("---|".repeat(engines.size())).append('\n');
            cells.forEach((left, right) -> {
                page.append(left);
                engines.forEach(engine ->
                        page.append(' ')
                                .append(right.getOrDefault(engine, "not run"))
                                .append(" |"));
                page.append('\n');
            });
            return page.toString();
        }
    }
}
