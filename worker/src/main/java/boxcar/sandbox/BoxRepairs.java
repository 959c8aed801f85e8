package boxcar.sandbox;

import boxcar.job.Fault;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Boxes that could not be swept after trouble. They are lent to nobody, so that no job waits for
 * them or fails over them; each is tried again until it can be swept. Safe for many threads.
 */
final class BoxRepairs {
    private static final Logger LOG = LoggerFactory.getLogger(BoxRepairs.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final Sweep sweep;
    private final IntConsumer swept;
    private final Duration firstPause;
    private final Map<Integer, Thread> waiting = new ConcurrentHashMap<>();
    private volatile boolean ended;

    /** Makes a box fit to be lent. */
    @FunctionalInterface
    interface Sweep {
        void ready(int box) throws Fault, InterruptedException;
    }

    /**
     * @param swept gets a box when it is fit to be lent again
     * @param firstPause before a box is tried for the first time; later pauses are longer
     */
    BoxRepairs(Sweep sweep, IntConsumer swept, Duration firstPause) {
        this.sweep = sweep;
        this.swept = swept;
        this.firstPause = firstPause;
    }

    void add(int box) {
        Thread thread =
                Thread.ofPlatform().daemon().name("box-repair-" + box).unstarted(() -> tryAll(box));
        waiting.put(box, thread);
        if (!ended) {
            thread.start();
        }
    }

    private void tryAll(int box) {
        Duration pause = firstPause;
        try {
            while (!ended) {
                Thread.sleep(pause);
                if (isSwept(box)) {
                    waiting.remove(box);
                    LOG.info("box {} is swept and can be used again", box);
                    swept.accept(box);
                    return;
                }
                pause = pause.multipliedBy(2);
                pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
            }
        } catch (InterruptedException _) {
            // The sandbox is being closed.
        }
    }

    private boolean isSwept(int box) throws InterruptedException {
        try {
            sweep.ready(box);
            return true;
        } catch (Fault | RuntimeException e) {
            LOG.warn("box {} still cannot be swept and is not used: {}", box, e.getMessage());
            return false;
        }
    }

    /** Tries no more; returns when no box is being swept. */
    void end() throws InterruptedException {
        ended = true;
        waiting.values().forEach(Thread::interrupt);
        for (Thread thread : waiting.values()) {
            thread.join();
        }
    }
}
