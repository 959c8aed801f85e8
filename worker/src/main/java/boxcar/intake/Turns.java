package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who of the jobs that are held may be worked on, and whether more are to be taken. Those that come
 * first have their turn first. Safe for many threads.
 */
final class Turns {
    private final int count;
    private final Semaphore free;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition fewer = lock.newCondition();
    private int waiting;
    private int promised;

    /** What somebody who waits waits for. */
    private int few;

    /**
     * @param count how many may be worked on at a time
     */
    Turns(int count) {
        this.count = count;
        this.free = new Semaphore(count, true);
    }

    /** To be called for each job that will {@link #begin}, as soon as it is held. */
    void await() {
        change(1, 0);
    }

    /** Waits for its turn. */
    void begin() throws InterruptedException {
        try {
            free.acquire();
        } finally {
            change(-1, 0);
        }
    }

    void end() {
        free.release();
    }

    /** Whether a job has its turn, or waits for it. */
    boolean areWanted() {
        if (free.availablePermits() < count) {
            return true;
        }
        lock.lock();
        try {
            return waiting > 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until a job that is taken now could begin.
     *
     * @return whether it could in this time
     */
    boolean awaitFree(Duration patience) throws InterruptedException {
        if (!free.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        free.release();
        return true;
    }

    /**
     * Waits until at most half so many as are to be taken are held and wait, then counts those that
     * are to be taken as if they were, until {@link #taken}.
     *
     * @return whether they may be taken; false if not in this time
     */
    boolean promise(int some, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lockInterruptibly();
        try {
            while (waiting + promised > some / 2) {
                if (left <= 0) {
                    return false;
                }
                few = some / 2;
                left = fewer.awaitNanos(left);
            }
            promised += some;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** What was promised has been taken, and waits, or has not come. */
    void taken(int some) {
        change(0, -some);
    }

    private void change(int waitingMore, int promisedMore) {
        lock.lock();
        try {
            waiting += waitingMore;
            promised += promisedMore;
            if (waitingMore + promisedMore < 0 && waiting + promised <= few) {
                fewer.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
