package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class CancellationsTest {
    private static final int REMEMBERED = 100_000;

    private final Cancellations cancellations = new Cancellations(InstantSource.system());

    @Test
    void aJobThatRunsIsCancelled() {
        Cancellation cancellation = cancellations.began("a");
        cancellations.cancel("a");
        assertTrue(cancellation.isCancelled());
    }

    @Test
    void aFloodOfWishesForgetsTheOldestAndStillReachesWhatRuns() {
        cancellations.cancel("first");
        Cancellation running = cancellations.began("runs");
        for (int i = 0; i < REMEMBERED - 1; i++) {
            cancellations.cancel("nobody-" + i);
        }
        cancellations.cancel("runs");
        assertTrue(running.isCancelled());
        assertFalse(cancellations.isCancelled("first"));
        assertTrue(cancellations.isCancelled("nobody-" + (REMEMBERED - 2)));
    }

    @Test
    void aWishThatIsRepeatedTakesOnePlace() {
        cancellations.cancel("first");
        for (int i = 0; i < 2 * REMEMBERED; i++) {
            cancellations.cancel("again");
        }
        assertTrue(cancellations.isCancelled("first"));
    }
}
