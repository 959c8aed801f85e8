package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A record that is worked on by a thread of its own, when it is its turn. The turn may end before
 * the work does. Safe for many threads.
 */
final class HeldJob {
    private static final Logger log = LoggerFactory.getLogger(HeldJob.class);
    private static final Duration REST = Duration.ofSeconds(1);

    /**
     * Threads of the system, used again: a job's thread mostly waits for a process, in a call that
     * would hold whatever thread carries a virtual one.
     */
    private static final ExecutorService THREADS =
            Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("job-", 0).factory());

    private static final Settling GIVE_BACK = new Settling.Release(Duration.ZERO);

    private enum State {
        WAITING,
        WITHDRAWN,
        IN_TURN,
        PAST
    }

    private final Lease lease;
    private final Work work;
    private final Turns turns;
    private final Runnable onEnd;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private @Nullable Thread thread;
    private volatile @Nullable Ended ended;
    private boolean toInterrupt;
    private boolean lost;

    private HeldJob(Lease lease, Work work, Turns turns, Runnable onEnd) {
        this.lease = lease;
        this.work = work;
        this.turns = turns;
        this.onEnd = onEnd;
    }

    /** What is to be done. */
    @FunctionalInterface
    interface Work {
        /**
         * @param turnIsOver to be called when others may begin; at its end at the latest it is
         * @throws InterruptedException if it was stopped; nothing was published
         */
        Settling handle(Runnable turnIsOver) throws InterruptedException;
    }

    /** How it ended, and when, by {@link System#nanoTime}. */
    record Ended(Settling settling, long at) {}

    /**
     * @param turns where it waits for its own
     * @param onEnd called once, by another thread
     */
    static HeldJob start(Lease lease, Work work, Turns turns, Runnable onEnd) {
        HeldJob job = new HeldJob(lease, work, turns, onEnd);
        turns.await();
        THREADS.execute(job::run);
        return job;
    }

    /** Whoever wants to stop it must not stop what the thread does after it. */
    private synchronized void carriedBy(@Nullable Thread now) {
        boolean _ = Thread.interrupted();
        thread = now;
        if (now != null && toInterrupt) {
            now.interrupt();
        }
    }

    private synchronized void stop() {
        toInterrupt = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run() {
        carriedBy(Thread.currentThread());
        Settling settling = new Settling.Release(REST);
        try {
            settling = inTurn();
        } catch (InterruptedException e) {
            settling = GIVE_BACK;
        } catch (Throwable e) {
            // Even an Error must not leave the slot waiting for ever.
            log.error("Handling {} failed", lease.where(), e);
        } finally {
            carriedBy(null);
            ended = new Ended(settling, System.nanoTime());
            onEnd.run();
        }
    }

    private Settling inTurn() throws InterruptedException {
        turns.begin();
        if (!state.compareAndSet(State.WAITING, State.IN_TURN)) {
            turns.end();
            return GIVE_BACK;
        }
        try {
            return work.handle(this::turnIsOver);
        } finally {
            turnIsOver();
        }
    }

    private void turnIsOver() {
        if (state.compareAndSet(State.IN_TURN, State.PAST)) {
            turns.end();
        }
    }

    Lease lease() {
        return lease;
    }

    /** How it ended; null if it has not. */
    @Nullable Ended ended() {
        return ended;
    }

    /** Whether it waits for its turn. */
    boolean isWaiting() {
        return state.get() == State.WAITING;
    }

    /** Gives it back if its turn has not come; then it never does. */
    void withdraw() {
        if (state.compareAndSet(State.WAITING, State.WITHDRAWN)) {
            stop();
        }
    }

    void interrupt() {
        withdraw();
        stop();
    }

    /**
     * Stops it, since its lock is lost.
     *
     * @return false if that was known
     */
    boolean lose() {
        if (lost) {
            return false;
        }
        lost = true;
        interrupt();
        return true;
    }
}
