package boxcar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Usage;
import boxcar.job.Verdict;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private static final Captured SOME = new Captured(new byte[] {1}, false);
    private static final Captured TOO_MUCH = new Captured(new byte[] {1}, true);

    private static Verdict verdict(Ending.How how, boolean oomKilled, Captured stdout) {
        Usage usage = new Usage(null, null, null, null, null, null, false, oomKilled, false, null);
        return Judge.verdict(new Ending(how, usage, stdout, Captured.NOTHING, null, null));
    }

    private static Verdict verdict(Ending.How how) {
        return verdict(how, false, SOME);
    }

    @Test
    void exitStatusZeroIsWell() {
        assertEquals(Verdict.OK, verdict(new Ending.Exited(0)));
    }

    @Test
    void anyOtherExitStatusIsARuntimeError() {
        assertEquals(Verdict.RUNTIME_ERROR, verdict(new Ending.Exited(1)));
        assertEquals(Verdict.RUNTIME_ERROR, verdict(new Ending.Exited(137)));
    }

    @Test
    void aSignalIsACrashButForTheFileSizeLimit() {
        assertEquals(Verdict.CRASHED, verdict(new Ending.Signalled(11)));
        assertEquals(Verdict.FILE_SIZE_LIMIT, verdict(new Ending.Signalled(25)));
    }

    /** Python, Java and most linkers get EFBIG and exit with an error of their own. */
    @Test
    void aProgramThatFailedOutOfRoomMetTheFileSizeLimit() {
        assertEquals(Verdict.FILE_SIZE_LIMIT, outOfRoom(new Ending.Exited(1)));
        assertEquals(Verdict.FILE_SIZE_LIMIT, outOfRoom(new Ending.Signalled(6)));
    }

    @Test
    void aLargeFileIsNoReasonForAnythingElse() {
        assertEquals(Verdict.OK, outOfRoom(new Ending.Exited(0)));
        assertEquals(Verdict.CPU_TIME_LIMIT, outOfRoom(new Ending.CpuTimeout()));
        assertEquals(Verdict.CANCELLED, outOfRoom(new Ending.Cancelled()));
    }

    private static Verdict outOfRoom(Ending.How how) {
        Ending ending =
                new Ending(how, Usage.UNKNOWN, SOME, Captured.NOTHING, null, null).outOfRoom();
        return Judge.verdict(ending);
    }

    @Test
    void theTwoTimeoutsAreToldApart() {
        assertEquals(Verdict.CPU_TIME_LIMIT, verdict(new Ending.CpuTimeout()));
        assertEquals(Verdict.WALL_TIME_LIMIT, verdict(new Ending.WallTimeout()));
    }

    @Test
    void anOutOfMemoryKillExplainsACrash() {
        assertEquals(Verdict.MEMORY_LIMIT, verdict(new Ending.Signalled(9), true, SOME));
    }

    @Test
    void aChildKilledForMemoryCountsThoughItsParentEndedWell() {
        assertEquals(Verdict.MEMORY_LIMIT, verdict(new Ending.Exited(0), true, SOME));
    }

    @Test
    void aCancelIsNoCrashWhateverElseHappened() {
        assertEquals(Verdict.CANCELLED, verdict(new Ending.Cancelled(), true, TOO_MUCH));
    }

    @Test
    void aProgramThatPrintsMoreThanItMayMeetsTheOutputLimit() {
        assertEquals(Verdict.OUTPUT_LIMIT, verdict(new Ending.Flooded()));
    }

    @Test
    void outputThatIsOnlyNotKeptIsNoLimit() {
        assertEquals(Verdict.OK, verdict(new Ending.Exited(0), false, TOO_MUCH));
        assertEquals(Verdict.RUNTIME_ERROR, verdict(new Ending.Exited(1), false, TOO_MUCH));
    }
}
