package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many jobs a slot takes at a time. One, as a rule: a job that waits here could run elsewhere.
 * Several, while there is a backlog of jobs so short that taking each by itself would cost more
 * than to wait for the others. Safe for many threads.
 */
final class Pace {
    private static final Logger log = LoggerFactory.getLogger(Pace.class);

    private static final int NARROW = 1;
    private static final int WIDE = 8;

    /** All that was taken together is to be done in this time, from the poll that brought it. */
    private static final Duration SHORT = Duration.ofMillis(100);

    /** A poll that takes longer found no backlog. */
    private static final Duration AT_ONCE = Duration.ofMillis(25);

    /** How many polls in a row must have found a backlog of short jobs; more after a mistake. */
    private static final int LEAST = 64;

    private static final int MOST = 4096;

    private final String topic;
    private final AtomicBoolean changing = new AtomicBoolean();
    private int row;
    private int needed = LEAST;
    private volatile boolean wide;

    Pace(String topic) {
        this.topic = topic;
    }

    /** How many are taken at a time now. */
    int width() {
        return wide ? WIDE : NARROW;
    }

    /** Whether jobs come so thick that one may wait for the next for some milliseconds. */
    boolean isWide() {
        return wide;
    }

    /** Some jobs were taken and settled: how long the poll took, and all the rest. */
    synchronized void settled(Duration polled, Duration took) {
        boolean thick = polled.compareTo(AT_ONCE) <= 0 && took.compareTo(SHORT) <= 0;
        row = thick ? row + 1 : 0;
        if (!wide && row >= needed) {
            wide = true;
            log.info("{}: a backlog of short jobs; up to {} at a time", topic, WIDE);
        }
    }

    /** A poll brought nothing. */
    synchronized void idle() {
        needed = LEAST;
        narrow("no backlog");
    }

    /** Jobs that were taken together wait too long for one of them. */
    synchronized void late() {
        if (wide) {
            needed = Math.min(needed * 2, MOST);
        }
        narrow("some take long");
    }

    private void narrow(String why) {
        row = 0;
        if (wide) {
            wide = false;
            log.info("{}: {}; one at a time", topic, why);
        }
    }

    /**
     * Whether a slot that takes so many at a time is to open its consumer anew. One slot may at a
     * time, so that somebody always serves; it calls {@link #changed} when it does again.
     */
    boolean mayChange(int width) {
        return width != width() && changing.compareAndSet(false, true);
    }

    void changed() {
        changing.set(false);
    }
}
