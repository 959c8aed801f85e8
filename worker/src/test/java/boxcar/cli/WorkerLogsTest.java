package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import boxcar.job.Fault;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The detector behind game days, the soak and the tests of replicas: it must see what is there. */
class WorkerLogsTest {
    private final WorkerLogs logs = new WorkerLogs();

    private static String at(int second) {
        return "2026-01-02T10:00:%02d.000Z DEBUG [slot-1] ".formatted(second);
    }

    private static String box(int second, int number, String what) {
        return at(second) + "BoxPool: box " + number + " " + what + "\n";
    }

    private static @Nullable Instant killedAt(int second) {
        return Instant.parse("2026-01-02T10:00:%02dZ".formatted(second));
    }

    @Test
    void boxesThatAreLentOneAfterTheOtherAreNotHeldTwice() throws Exception {
        logs.add("a", box(1, 7, "lent") + box(2, 7, "returned") + box(2, 7, "lent"), killedAt(3));
        logs.add("b", box(3, 7, "lent") + box(4, 8, "lent") + box(5, 7, "returned"), null);

        assertEquals(List.of(), logs.heldTwice());
        assertEquals(4, logs.lends());
    }

    @Test
    void aBoxThatTwoWorkersHaveAtOnceIsHeldTwice() throws Exception {
        logs.add("a", box(1, 7, "lent") + box(4, 7, "returned"), null);
        logs.add("b", box(3, 7, "lent") + box(5, 7, "returned"), null);

        assertEquals(
                List.of(
                        "Hold[box=7, worker=a, from=2026-01-02T10:00:01Z, to=2026-01-02T10:00:04Z]"
                                + " and Hold[box=7, worker=b, from=2026-01-02T10:00:03Z,"
                                + " to=2026-01-02T10:00:05Z]"),
                logs.heldTwice());
    }

    @Test
    void aLongHoldIsHeldTwiceByEachThatFallsIntoIt() throws Exception {
        logs.add("a", box(1, 7, "lent") + box(9, 7, "returned"), null);
        logs.add(
                "b",
                box(2, 7, "lent")
                        + box(3, 7, "returned")
                        + box(4, 7, "lent")
                        + box(5, 7, "returned"),
                null);

        assertEquals(2, logs.heldTwice().size(), logs.heldTwice()::toString);
    }

    @Test
    void aBoxThatOneWorkerLendsTwiceIsHeldTwiceEvenWithinAMillisecond() throws Exception {
        logs.add(
                "a",
                box(1, 7, "lent")
                        + box(1, 7, "lent")
                        + box(1, 7, "returned")
                        + box(1, 7, "returned"),
                null);

        assertEquals(
                List.of(
                        "box 7 lent by a at 2026-01-02T10:00:01Z, though it had lent it at"
                                + " 2026-01-02T10:00:01Z"),
                logs.heldTwice());
        assertEquals(2, logs.lends());
    }

    @Test
    void aHolderThatIsKilledFreesItsBoxAndOneThatIsNotKeepsIt() throws Exception {
        logs.add("a", box(1, 7, "lent") + box(1, 8, "lent"), killedAt(2));
        logs.add("b", box(2, 7, "lent"), null);
        assertEquals(List.of(), logs.heldTwice());

        logs.add("c", box(3, 7, "lent") + box(3, 8, "lent"), null);

        assertEquals(1, logs.heldTwice().size(), logs.heldTwice()::toString);
    }

    @Test
    void ofAKilledWorkerALastLineThatIsCutShortHasNotHappened() throws Exception {
        logs.add("a", box(1, 7, "lent") + at(2) + "BoxPool: box 8 le", killedAt(2));

        assertEquals(1, logs.lends());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10:00 DEBUG [slot-1] BoxPool: box 7 lent",
                "2026-01-02T10:00:01.000Z DEBUG [slot-1] BoxPool: box 7 kept",
                "2026-01-02T10:00:01.000Z DEBUG [slot-1] BoxPool: box 7 le",
                " BoxPool: box 7 lent"
            })
    void aLineAboutABoxThatCannotBeReadIsAFault(String line) {
        Fault fault =
                assertThrows(
                        Fault.class, () -> logs.add("a", line + "\n" + box(1, 8, "lent"), null));

        assertEquals("the log of a has a line that cannot be read: " + line, fault.getMessage());
    }

    @Test
    void aReturnWithoutItsLendIsAFault() {
        String returned = box(1, 7, "returned");

        Fault fault = assertThrows(Fault.class, () -> logs.add("a", returned, null));

        assertEquals(
                "the log of a has a line that cannot be read: "
                        + returned.strip()
                        + " (it was not lent)",
                fault.getMessage());
    }

    @Test
    void jobsAreCountedOverAllWorkersByWhatCameAndWhatRan() throws Exception {
        logs.add(
                "a",
                at(1)
                        + "JobDesk: Job j1 came, delivery 1\n"
                        + at(1)
                        + "JobDesk: Job j1 runs, delivery 1\n"
                        + at(1)
                        + "JobDesk: Job j2 came, delivery 1\n",
                killedAt(2));
        logs.add(
                "b",
                at(3)
                        + "JobDesk: Job j1 came, delivery 2\n"
                        + at(3)
                        + "JobDesk: Job j1 runs, delivery 2\n"
                        + at(3)
                        + "JobDesk: Job j2 came, delivery 1\n"
                        + at(3)
                        + "JobDesk: Job j2 runs, delivery 1\n",
                null);

        assertEquals(Set.of("j1", "j2"), logs.deliveredMoreThanOnce());
        assertEquals(Set.of("j1"), logs.redelivered());
        assertEquals(Set.of("j1"), logs.ranMoreThanOnce());
    }
}
