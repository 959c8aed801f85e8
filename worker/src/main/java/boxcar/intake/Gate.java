package boxcar.intake;

import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether new jobs are taken. Closed while there is a reason to pause; once stopped it never opens
 * again. Safe for many threads.
 */
final class Gate {
    private final Set<String> reasons = new TreeSet<>();
    private boolean stopped;

    synchronized void pause(String reason) {
        reasons.add(reason);
        notifyAll();
    }

    synchronized void resume(String reason) {
        reasons.remove(reason);
        notifyAll();
    }

    synchronized void stop() {
        stopped = true;
        notifyAll();
    }

    synchronized boolean isOpen() {
        return !stopped && reasons.isEmpty();
    }

    synchronized boolean isStopped() {
        return stopped;
    }

    /** Why it is closed; empty if it is open. */
    synchronized Set<String> reasons() {
        return stopped ? Set.of("stopping") : Set.copyOf(reasons);
    }

    /**
     * Waits until jobs may be taken.
     *
     * @return false if none ever will be again
     */
    synchronized boolean awaitOpen() throws InterruptedException {
        while (!isOpen() && !stopped) {
            wait();
        }
        return !stopped;
    }

    /** Waits for the time given, or until it is stopped. */
    synchronized void rest(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0 && !stopped; left = end - System.nanoTime()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
    }
}
