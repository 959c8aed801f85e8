package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final Duration QUICK = Duration.ofMillis(5);
    private static final int ENOUGH = 64;

    private final Pace pace = new Pace("t");

    private void settle(int times) {
        for (int i = 0; i < times; i++) {
            pace.settled(QUICK, QUICK);
        }
    }

    @Test
    void oneAtATimeUntilABacklogOfShortJobsIsSure() {
        settle(ENOUGH - 1);
        assertEquals(1, pace.width());
        settle(1);
        assertEquals(8, pace.width());
        assertTrue(pace.isWide());
    }

    @Test
    void aPollThatWaitedIsNoBacklog() {
        settle(ENOUGH - 1);
        pace.settled(Duration.ofMillis(30), QUICK);
        settle(ENOUGH - 1);
        assertEquals(1, pace.width());
    }

    @Test
    void aJobThatTakesLongIsNotShort() {
        settle(ENOUGH - 1);
        pace.settled(QUICK, Duration.ofMillis(101));
        settle(ENOUGH - 1);
        assertEquals(1, pace.width());
    }

    @Test
    void oneAtATimeWhenThereIsNoMore() {
        settle(ENOUGH);
        pace.idle();
        assertEquals(1, pace.width());
        settle(ENOUGH);
        assertEquals(8, pace.width());
    }

    @Test
    void afterJobsThatWaitedInVainItTakesTwiceAsManyToBeSure() {
        settle(ENOUGH);
        pace.late();
        assertEquals(1, pace.width());
        settle(2 * ENOUGH - 1);
        assertEquals(1, pace.width());
        settle(1);
        assertEquals(8, pace.width());
    }

    @Test
    void oneSlotAtATimeChanges() {
        assertFalse(pace.mayChange(1));
        settle(ENOUGH);
        assertTrue(pace.mayChange(1));
        assertFalse(pace.mayChange(1));
        pace.changed();
        assertTrue(pace.mayChange(1));
    }
}
