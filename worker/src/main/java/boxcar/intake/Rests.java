package boxcar.intake;

import boxcar.job.Cancellation;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Jobs that wait before they are given back. Each keeps a consumer for its lock, so there is a
 * bound: for one too many, the one that has waited longest goes. Safe for many threads.
 */
final class Rests {
    private final int most;
    private final Deque<CountDownLatch> resting = new ArrayDeque<>();
    private boolean over;

    Rests(int most) {
        this.most = most;
    }

    /** Waits for the time given, or until the job is cancelled, or must go. */
    void rest(Duration time, Cancellation cancellation) throws InterruptedException {
        CountDownLatch end = new CountDownLatch(1);
        begin(end);
        try (var _ = cancellation.onCancel(end::countDown)) {
            boolean _ = end.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            remove(end);
        }
    }

    private synchronized void begin(CountDownLatch end) {
        if (over) {
            end.countDown();
            return;
        }
        resting.addLast(end);
        if (resting.size() > most) {
            resting.removeFirst().countDown();
        }
    }

    private synchronized void remove(CountDownLatch end) {
        resting.remove(end);
    }

    /** All that wait are to go, and nobody waits any more. */
    synchronized void endAll() {
        over = true;
        resting.forEach(CountDownLatch::countDown);
        resting.clear();
    }
}
