package boxcar.reliability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** docs/reliability.md says what the tests say, and what their runs came to. */
class ReliabilityPageTest {
    private static final String EMPTY = "<!-- tests of A -->\n<!-- end -->\n";
    private static final Row ROW = new Row("a bomb", "it ends", "A.bomb");

    private static Run run(String engine, String outcome, @Nullable Boolean passed, long millis) {
        return new Run("A.bomb", engine, outcome, passed, millis);
    }

    @Test
    void noRowIsWithoutItsTestAndNoTestWithoutItsRow() throws Exception {
        Page page = new Page(Files.readString(ReliabilityReport.PAGE));
        var tests = new TreeSet<>(Row.all().stream().map(Row::left).toList());

        assertFalse(tests.isEmpty());
        assertEquals(
                String.join("\n", tests),
                String.join("\n", new TreeSet<>(page.rows())),
                "./boxcar test --report writes the page anew");
        assertEquals(page.rows().size(), tests.size(), "a row stands twice");
    }

    @Test
    void aRunFillsTheCellOfItsEngine() {
        Page page =
                new Page(EMPTY)
                        .with(
                                List.of(ROW),
                                List.of(
                                        run("isolate 2", "CpuTimeout", true, 7),
                                        run("isolate 2", "CpuTimeout", true, 9),
                                        run("runc 1", "", false, 5)));

        assertEquals(
                """
                <!-- tests of A -->
                | What is tried | What must happen | Test | isolate 2 | runc 1 |
                |---|---|---|---|---|
                | a bomb | it ends | `A.bomb` | as it must: CpuTimeout, 2× ≤ 9 ms | **failed 1 of 1**, 1× ≤ 5 ms |
                <!-- end -->
                """,
                page.text());
    }

    @Test
    void whatWasNotRunKeepsItsCellAndWhatIsGoneLosesItsRow() {
        Page before = new Page(EMPTY).with(List.of(ROW), List.of(run("", "", true, 3)));
        Row other = new Row("a flood", "it ends", "A.flood");

        Page after = before.with(List.of(ROW, other), List.of(run("", "", null, 0)));
        Page later = after.with(List.of(other), List.of());

        assertTrue(after.text().contains("`A.bomb` | as it must, 1× ≤ 3 ms |"), after::text);
        assertTrue(after.text().contains("`A.flood` | not run |"), after::text);
        assertEquals(List.of(other.left()), later.rows());
    }
}
