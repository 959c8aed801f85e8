package boxcar.runtime;

import boxcar.job.Fault;
import boxcar.job.Workshop.Loan;
import boxcar.job.Workshop.RuntimeHome;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One runtime's place on this host: being made, ready, broken, or removed; and how many borrow it.
 * When it is removed, its folder goes as soon as the last loan is closed.
 */
final class Shelved implements AutoCloseable {
    private final long id;
    private final Runnable takeAway;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private @Nullable RuntimeHome home;
    private @Nullable Fault fault;
    private boolean removed;
    private boolean stopped;
    private boolean hurried;
    private int loans;

    Shelved(long id, Runnable takeAway) {
        this.id = id;
        this.takeAway = takeAway;
    }

    void ready(RuntimeHome where) {
        change(() -> {
            home = where;
            fault = null;
            takeAwayIfUnused();
        });
    }

    void broken(Fault why) {
        change(() -> fault = why);
    }

    /** Ends a pause that goes on. */
    void tryAgain() {
        change(() -> hurried = true);
    }

    /** Lets go of who waits: the host is closing. */
    void stopWaiting() {
        change(() -> stopped = true);
    }

    private void change(Runnable how) {
        lock.lock();
        try {
            how.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a while, or until it is to be tried again.
     *
     * @return false if this runtime was removed meanwhile or the host closes
     */
    boolean pause(Duration time) {
        lock.lock();
        try {
            long left = time.toNanos();
            hurried = false;
            while (left > 0 && !removed && !stopped && !hurried) {
                left = changed.awaitNanos(left);
            }
            return !removed && !stopped;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    Loan lend() throws Fault, InterruptedException {
        lock.lockInterruptibly();
        try {
            while (home == null && fault == null && !removed && !stopped) {
                changed.await();
            }
            if (removed) {
                throw new Fault(
                        "runtime-folder",
                        Fault.Next.RETRY_HERE,
                        "runtime " + id + " was removed while its job waited");
            }
            RuntimeHome there = home;
            if (there == null) {
                throw notHere();
            }
            loans++;
            return new Lent(there);
        } finally {
            lock.unlock();
        }
    }

    private Fault notHere() {
        String why = fault == null ? "this replica is stopping" : fault.getMessage();
        return new Fault(
                "runtime-folder",
                Fault.Next.TRY_ELSEWHERE,
                "runtime " + id + " is not on this host: " + why);
    }

    private void giveBack() {
        change(() -> {
            loans--;
            takeAwayIfUnused();
        });
    }

    /** The runtime was removed from the catalogue. */
    @Override
    public void close() {
        change(() -> {
            removed = true;
            takeAwayIfUnused();
        });
    }

    private void takeAwayIfUnused() {
        if (removed && loans == 0) {
            takeAway.run();
        }
    }

    /** One loan; closing it twice gives it back once. */
    private final class Lent implements Loan {
        private final RuntimeHome where;
        private boolean open = true;

        Lent(RuntimeHome where) {
            this.where = where;
        }

        @Override
        public RuntimeHome home() {
            return where;
        }

        @Override
        public synchronized void close() {
            if (open) {
                open = false;
                giveBack();
            }
        }
    }
}
