package boxcar.sandbox;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends box numbers, each to one stage at a time; who finds none free waits. The log tells each
 * lend and return at debug level, so that a test over several replicas can tell that no box was
 * held twice. Safe for many threads.
 */
final class BoxPool {
    private static final Logger LOG = LoggerFactory.getLogger(BoxPool.class);

    private final Deque<Integer> free;
    private final Set<Integer> lent = new HashSet<>();
    private final Set<Integer> resting = new HashSet<>();
    private boolean closed;

    BoxPool(Collection<Integer> numbers) {
        free = new ArrayDeque<>(numbers);
    }

    /**
     * Waits for a free box.
     *
     * @return its number, or null if the job was cancelled meanwhile
     * @throws Fault if the pool is closed, or no box can be used
     */
    @Nullable Integer lend(Cancellation cancellation) throws Fault, InterruptedException {
        try (var _ = cancellation.onCancel(this::wakeAll)) {
            synchronized (this) {
                while (mayBecomeFree() && !cancellation.isCancelled() && !closed) {
                    wait();
                }
                if (closed) {
                    throw Faults.sandbox("the sandbox is closed");
                }
                if (free.isEmpty() && lent.isEmpty()) {
                    throw Faults.box(
                            "none of the boxes %s can be used; each is swept again from time to time"
                                    .formatted(resting));
                }
                if (cancellation.isCancelled()) {
                    notifyAll();
                    return null;
                }
                // The one that rested longest: its cleaning is done.
                int number = free.removeFirst();
                lent.add(number);
                LOG.debug("box {} lent", number);
                return number;
            }
        }
    }

    synchronized void giveBack(int number) {
        if (!lent.remove(number)) {
            throw new IllegalStateException("box " + number + " was not lent");
        }
        LOG.debug("box {} returned", number);
        free.addLast(number);
        // One of those that wait, which are alike; close() waits for the last, with none of them.
        if (closed) {
            notifyAll();
        } else {
            notify();
        }
    }

    private boolean mayBecomeFree() {
        return free.isEmpty() && !lent.isEmpty();
    }

    /** Takes a box that was lent out of use. */
    synchronized void rest(int number) {
        if (!lent.remove(number)) {
            throw new IllegalStateException("box " + number + " was not lent");
        }
        LOG.debug("box {} rests", number);
        resting.add(number);
        notifyAll();
    }

    /** A box that was out of use can be lent again. */
    synchronized void useAgain(int number) {
        if (!resting.remove(number)) {
            throw new IllegalStateException("box " + number + " does not rest");
        }
        free.addLast(number);
        notifyAll();
    }

    private synchronized void wakeAll() {
        notifyAll();
    }

    /** Lends no more; who waits gets a fault. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * Waits until every box is back.
     *
     * @return whether that happened in time
     */
    synchronized boolean awaitAllBack(long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (!lent.isEmpty()) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    /** Those that can be used. */
    synchronized int total() {
        return free.size() + lent.size();
    }

    /** Those that cannot be used now. */
    synchronized int resting() {
        return resting.size();
    }

    synchronized int busy() {
        return lent.size();
    }
}
