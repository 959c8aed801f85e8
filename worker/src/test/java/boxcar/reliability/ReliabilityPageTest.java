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
    private static final Row ROW = new Row("a bomb", "it ends", "A.bomb", false);

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
    void noTestFailedInTheRunThatThePageTellsOf() throws Exception {
        assertEquals(List.of(), new Page(Files.readString(ReliabilityReport.PAGE)).failures());
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
        assertEquals(List.of(ROW.left()), page.failures());
    }

    @Test
    void whatWasNotRunLosesItsCellAndWhatIsGoneLosesItsRow() {
        Page before = new Page(EMPTY).with(List.of(ROW), List.of(run("", "", true, 3)));
        Row flood = new Row("a flood", "it ends", "A.flood", false);
        Row skipped = new Row("a leak", "it ends", "A.leak", false);
        Run other = new Run("A.flood", "", "", true, 5);
        Run aborted = new Run("A.leak", "", "", null, 0);

        Page after = before.with(List.of(ROW, flood, skipped), List.of(other, aborted));
        Page later = after.with(List.of(flood), List.of());

        assertTrue(before.text().contains("`A.bomb` | as it must, 1× ≤ 3 ms |"), before::text);
        assertTrue(after.text().contains("`A.bomb` | not run |"), after::text);
        assertTrue(after.text().contains("`A.leak` | not run |"), after::text);
        assertTrue(after.text().contains("`A.flood` | as it must, 1× ≤ 5 ms |"), after::text);
        assertEquals(List.of(flood.left()), later.rows());
    }

    @Test
    void aSoakAndTheOtherTestsAreRunsOfTheirOwnAndKeepEachOthersCells() {
        Row soak = new Row("a soak", "nothing grows", "A.soak", true);
        List<Row> rows = List.of(ROW, soak);
        Run soaked = new Run("A.soak", "", "", true, 4);

        Page page =
                new Page(EMPTY)
                        .with(rows, List.of(run("", "", true, 3)))
                        .with(rows, List.of(soaked))
                        .with(rows, List.of(run("", "", true, 5)));

        assertTrue(page.text().contains("`A.bomb` | as it must, 1× ≤ 5 ms |"), page::text);
        assertTrue(page.text().contains("`A.soak` | as it must, 1× ≤ 4 ms |"), page::text);
    }
}
