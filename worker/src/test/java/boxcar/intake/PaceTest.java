package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Duration AT_ONCE = Duration.ofMillis(5);
    private static final Duration QUICK = Duration.ofMillis(46);
    private static final Duration LESS_QUICK = Duration.ofMillis(47);
    private static final Duration SLOWER = Duration.ofMillis(94);
    private static final int TURNS = 4;

    /** So many polls are enough while one is taken at a time. */
    private static final int OF_ONE = 32;

    /** And while four are. */
    private static final int OF_FOUR = 8;

    private static final int OF_EIGHT = 4;

    private static final Duration PAUSE = Duration.ofSeconds(30);

    private final AtomicLong time = new AtomicLong();
    private final Pace pace = new Pace("t", TURNS, time::get);

    private void settle(int polls, Duration took) {
        for (int i = 0; i < polls; i++) {
            pace.settled(pace.width(), AT_ONCE, took);
        }
    }

    @Test
    void oneAtATimeUntilABacklogOfShortJobsIsSure() {
        settle(OF_ONE - 1, QUICK);
        assertEquals(1, pace.width());
        assertFalse(pace.isWide());
        settle(1, QUICK);
        assertEquals(16, pace.width());
        assertTrue(pace.isWide());
        settle(10 * OF_ONE, QUICK);
        assertEquals(16, pace.width());
    }

    @Test
    void theLongerTheyAreTheFewer() {
        settle(OF_ONE, LESS_QUICK);
        assertEquals(8, pace.width());
    }

    @Test
    void andFewerStill() {
        settle(OF_ONE, SLOWER);
        assertEquals(4, pace.width());
    }

    @Test
    void jobsThatTakeLongAreTakenOneByOne() {
        settle(2 * OF_ONE, Duration.ofMillis(187));
        assertEquals(1, pace.width());
        settle(OF_ONE, Duration.ofMillis(186));
        assertEquals(4, pace.width());
    }

    @Test
    void moreAreTakenWhenTheyTurnOutShorter() {
        settle(OF_ONE, SLOWER);
        settle(2 * OF_FOUR, Duration.ofMillis(161));
        assertEquals(4, pace.width());
        settle(OF_FOUR - 1, Duration.ofMillis(90));
        assertEquals(4, pace.width());
        settle(1, Duration.ofMillis(90));
        assertEquals(16, pace.width());
    }

    @Test
    void aPollThatWaitedIsNoBacklog() {
        settle(OF_ONE - 1, QUICK);
        pace.settled(1, Duration.ofMillis(30), QUICK);
        settle(OF_ONE - 1, QUICK);
        assertEquals(1, pace.width());
    }

    @Test
    void whatWasTakenAtAnotherWidthTellsNothing() {
        settle(OF_ONE, SLOWER);
        pace.settled(1, AT_ONCE, Duration.ofSeconds(1));
        assertEquals(4, pace.width());
    }

    @Test
    void fewerWhenTheyTakeTwiceAsLongAsTheyShouldAndMoreOnlyWhenThatIsSurer() {
        settle(OF_ONE, QUICK);
        settle(1, Duration.ofMillis(600));
        assertEquals(16, pace.width());
        settle(1, Duration.ofMillis(601));
        assertEquals(8, pace.width());
        settle(2 * OF_EIGHT - 1, QUICK);
        assertEquals(8, pace.width());
        settle(1, QUICK);
        assertEquals(16, pace.width());
    }

    @Test
    void oneAtATimeWhenNoneHasComeForAWhile() {
        settle(OF_ONE, QUICK);
        pace.idle();
        assertEquals(16, pace.width());
        time.addAndGet(PAUSE.toNanos() - 1);
        pace.idle();
        assertEquals(16, pace.width());
        time.addAndGet(1);
        pace.idle();
        assertEquals(1, pace.width());
        settle(OF_ONE, QUICK);
        assertEquals(16, pace.width());
    }

    @Test
    void eachJobBeginsTheWhileAnew() {
        settle(OF_ONE, QUICK);
        time.addAndGet(PAUSE.toNanos() - 1);
        settle(1, QUICK);
        time.addAndGet(PAUSE.toNanos() - 1);
        pace.idle();
        assertEquals(16, pace.width());
    }

    @Test
    void afterJobsThatWaitedInVainItTakesTwiceAsManyToBeSure() {
        settle(OF_ONE, QUICK);
        pace.late();
        assertEquals(1, pace.width());
        settle(2 * OF_ONE - 1, QUICK);
        assertEquals(1, pace.width());
        settle(1, QUICK);
        assertEquals(16, pace.width());
    }

    @Test
    void oneSlotAtATimeChanges() {
        assertFalse(pace.mayChange(1));
        settle(OF_ONE, QUICK);
        assertTrue(pace.mayChange(1));
        assertFalse(pace.mayChange(1));
        pace.changed();
        assertTrue(pace.mayChange(1));
    }
}
