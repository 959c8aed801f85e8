package boxcar.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RestsTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Rests rests = new Rests(2);
    private final Cancellation cancellation = new Cancellation();

    @Test
    void aRestEndsByItself() throws Exception {
        rests.rest(Duration.ofMillis(1), cancellation);
    }

    @Test
    void aJobThatIsCancelledAlreadyDoesNotRest() throws Exception {
        cancellation.cancel();
        rests.rest(LONG, cancellation);
    }

    @Test
    void aCancelEndsTheRestOfItsJobAlone() throws Exception {
        Thread one = rest(new Cancellation());
        Thread other = rest(cancellation);
        cancellation.cancel();
        assertTrue(other.join(SOON));
        assertTrue(one.isAlive());
        rests.endAll();
        assertTrue(one.join(SOON));
    }

    @Test
    void theOldestGoesForOneTooMany() throws Exception {
        Thread oldest = rest(new Cancellation());
        Thread next = rest(new Cancellation());
        Thread last = rest(new Cancellation());
        assertTrue(oldest.join(SOON));
        assertTrue(next.isAlive());
        assertTrue(last.isAlive());
        rests.endAll();
        assertTrue(next.join(SOON));
        assertTrue(last.join(SOON));
    }

    @Test
    void afterTheEndNobodyRests() throws Exception {
        rests.endAll();
        rests.rest(LONG, cancellation);
    }

    @Test
    void aSlotIsLeftOnceAllOfItsJobsThatHaveNotEndedWait() throws Exception {
        var left = new AtomicInteger();
        AtWork work = new AtWork(2, left::incrementAndGet);
        List<Integer> seen = new ArrayList<>();
        work.aside(() -> {
            seen.add(left.get());
            work.ended();
            seen.add(left.get());
        });
        work.ended();
        assertEquals(List.of(0, 1), seen);
        assertEquals(1, left.get());
    }

    /** Returns when it rests. */
    private Thread rest(Cancellation its) {
        Thread thread =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                rests.rest(LONG, its);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        await().atMost(SOON).until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return thread;
    }
}
