package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TurnsTest {
    private static final Duration NO_TIME = Duration.ZERO;
    private static final Duration LONG = Duration.ofSeconds(90);

    private final Turns turns = new Turns(2);

    private void hold(int jobs) {
        for (int i = 0; i < jobs; i++) {
            turns.await();
        }
    }

    @Test
    void theyAreWantedWhileAJobWaitsOrIsWorkedOn() throws Exception {
        Turns some = new Turns(2);
        assertFalse(some.areWanted());
        some.await();
        assertTrue(some.areWanted());
        some.begin();
        assertTrue(some.areWanted());
        some.end();
        assertFalse(some.areWanted());
    }

    @Test
    void soManyAsThereAreTurnsMayBegin() throws Exception {
        hold(3);
        turns.begin();
        assertTrue(turns.awaitFree(NO_TIME));
        turns.begin();
        assertFalse(turns.awaitFree(NO_TIME));
        turns.end();
        assertTrue(turns.awaitFree(LONG));
    }

    @Test
    void moreAreTakenWhenHalfOfThemAtMostWait() throws Exception {
        hold(3);
        assertFalse(turns.promise(4, NO_TIME));
        turns.begin();
        assertTrue(turns.promise(4, NO_TIME));
    }

    @Test
    void whatIsPromisedCountsUntilItIsTaken() throws Exception {
        assertTrue(turns.promise(4, NO_TIME));
        assertFalse(turns.promise(4, NO_TIME));
        turns.taken(4);
        assertTrue(turns.promise(4, NO_TIME));
    }

    @Test
    void whoWaitsIsWokenByABeginning() throws Exception {
        hold(3);
        CompletableFuture<Boolean> promised =
                CompletableFuture.supplyAsync(() -> {
                    try {
                        return turns.promise(4, LONG);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
        turns.begin();
        assertTrue(promised.join());
    }

    @Test
    void aJobThatIsStoppedBeforeItsTurnWaitsNoMore() throws Exception {
        hold(5);
        turns.begin();
        turns.begin();
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, turns::begin);
        assertTrue(turns.promise(4, NO_TIME));
    }
}
