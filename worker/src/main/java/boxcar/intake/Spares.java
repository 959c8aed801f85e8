package boxcar.intake;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Places for the slots of a topic that serve, and slots that take the place of one whose jobs only
 * wait: a consumer brings nothing new while it holds a job (KIP-932), and a job that waits needs
 * nothing else of this host. Safe for many threads.
 */
final class Spares {
    /** As many slots may wait with their jobs while all others serve. */
    static final int MOST = 16;

    private final Semaphore places;
    private final Deque<Slot> idle = new ArrayDeque<>();
    private final Consumer<Slot> start;

    /**
     * @param places how many slots serve at a time
     * @param start runs a slot on a thread of its own, and then calls {@link #ended}
     */
    Spares(int places, Consumer<Slot> start) {
        this.places = new Semaphore(places, true);
        this.start = start;
    }

    boolean takePlace(Duration patience) throws InterruptedException {
        return places.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    void leavePlace() {
        places.release();
    }

    /** Leaves a place to a slot that is idle, if there is one. */
    void leavePlaceToAnother() {
        places.release();
        Slot next = next();
        if (next != null) {
            start.accept(next);
        }
    }

    private synchronized @Nullable Slot next() {
        return idle.pollFirst();
    }

    /** A slot that runs no more, and may again. */
    synchronized void ended(Slot slot) {
        idle.addLast(slot);
    }
}
