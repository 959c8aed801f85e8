package boxcar.runtime;

import boxcar.job.Fault;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Up to where the catalogue's log was followed. Safe for many threads. */
final class LogPosition {
    private final Duration patience;
    private long next;

    /**
     * @param patience with a log that is not followed
     */
    LogPosition(long next, Duration patience) {
        this.next = next;
        this.patience = patience;
    }

    /** The offset that is followed next. */
    synchronized long next() {
        return next;
    }

    synchronized void advance(long to) {
        next = to;
        notifyAll();
    }

    /**
     * Waits until all records below an offset were followed.
     *
     * @throws Fault if they are not in time
     */
    synchronized void await(long offset) throws Fault, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (next < offset) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new Fault(
                        "catalogue",
                        Fault.Next.TRY_ELSEWHERE,
                        "this replica has followed the catalogue's log to %d, but not to %d within %d s"
                                .formatted(next, offset, patience.toSeconds()));
            }
            wait(left);
        }
    }
}
