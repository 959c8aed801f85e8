package boxcar.runtime;

import boxcar.job.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Does in one go what several threads want at about the same time: those who come while it is being
 * done wait, and then one of them does it for all who have come. Nobody waits for others to come.
 * Safe for many threads.
 */
final class Together<T> {
    private final Work<T> work;
    private final ReentrantLock turn = new ReentrantLock();
    private final Queue<Wish<T>> wishes = new ConcurrentLinkedQueue<>();

    Together(Work<T> work) {
        this.work = work;
    }

    /** What is done; by one thread at a time. */
    @FunctionalInterface
    interface Work<T> {
        void doAll(List<T> wanted) throws Fault;
    }

    private static final class Wish<T> {
        private final T wanted;

        /** For who has the turn. */
        private boolean done;

        private @Nullable Fault fault;

        Wish(T wanted) {
            this.wanted = wanted;
        }
    }

    /**
     * Returns once it is done.
     *
     * @throws Fault if it failed, for whichever of those that were done with it
     */
    void add(T wanted) throws Fault {
        Wish<T> mine = new Wish<>(wanted);
        wishes.add(mine);
        turn.lock();
        try {
            if (!mine.done) {
                doAll();
            }
        } finally {
            turn.unlock();
        }
        if (mine.fault != null) {
            throw mine.fault;
        }
    }

    private void doAll() {
        List<Wish<T>> now = new ArrayList<>();
        for (Wish<T> next = wishes.poll(); next != null; next = wishes.poll()) {
            now.add(next);
        }
        @Nullable Fault fault = null;
        try {
            work.doAll(now.stream().map(wish -> wish.wanted).toList());
        } catch (Fault e) {
            fault = e;
        } catch (RuntimeException | Error e) {
            // Not rethrown: each of those who wait must hear of it, this thread among them.
            fault = new Fault("internal", Fault.Next.TRY_ELSEWHERE, e.toString(), e);
        }
        for (Wish<T> wish : now) {
            wish.done = true;
            wish.fault = fault;
        }
    }

    /** How many wait for their turn. */
    int waiting() {
        return wishes.size();
    }
}
