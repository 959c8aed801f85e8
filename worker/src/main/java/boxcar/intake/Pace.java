package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many jobs a slot takes at a time. One, as a rule: a job that waits here could run elsewhere.
 * Several, while there is a backlog of jobs so short that taking each by itself would cost more
 * than to wait for the others, and for a while after; the shorter they are, the more. Safe for many
 * threads.
 */
final class Pace {
    private static final Logger log = LoggerFactory.getLogger(Pace.class);

    private static final int[] WIDTHS = {1, 4, 8, 16};

    /** What is taken together should be done in this time, from the poll that brought it. */
    private static final Duration SHORT = Duration.ofMillis(300);

    /** What publishing takes, and acknowledging, however many there are. */
    private static final Duration ONCE = Duration.ofMillis(20);

    /** A poll that takes longer found no backlog. */
    private static final Duration AT_ONCE = Duration.ofMillis(25);

    /** How many jobs of a backlog must have been short in a row; more after a mistake. */
    private static final int LEAST = 32;

    private static final int MOST = 4096;

    /** Jobs come in bursts: the next ones after so long a pause may be of another kind. */
    private static final Duration PAUSE = Duration.ofSeconds(30);

    private final String topic;
    private final int turns;
    private final LongSupplier nanoTime;
    private final AtomicBoolean changing = new AtomicBoolean();
    private int row;
    private int needed = LEAST;
    private long last;
    private volatile int level;

    /**
     * @param turns how many jobs are worked on at a time
     * @param nanoTime as {@link System#nanoTime}
     */
    Pace(String topic, int turns, LongSupplier nanoTime) {
        this.topic = topic;
        this.turns = turns;
        this.nanoTime = nanoTime;
        this.last = nanoTime.getAsLong();
    }

    /** How many are taken at a time now. */
    int width() {
        return WIDTHS[level];
    }

    /** Whether jobs come so thick that one may wait for the next for some milliseconds. */
    boolean isWide() {
        return level > 0;
    }

    /**
     * Some jobs were taken and settled.
     *
     * @param width how many were to be taken
     * @param polled how long the poll took
     * @param took all the rest, from there until the last was settled
     */
    synchronized void settled(int width, Duration polled, Duration took) {
        last = nanoTime.getAsLong();
        if (width != width()) {
            return;
        }
        if (isWide() && took.compareTo(SHORT.multipliedBy(2)) > 0) {
            beSlowerToTrust();
            go(level - 1, "they take long");
            return;
        }
        int next = widestFor(took);
        boolean thick = polled.compareTo(AT_ONCE) <= 0 && next > level;
        row = thick ? row + width : 0;
        if (row >= needed) {
            go(next, "a backlog of short jobs");
        }
    }

    /** As many as would be done in a short time. */
    private int widestFor(Duration took) {
        int widest = level;
        while (widest + 1 < WIDTHS.length
                && wouldTake(WIDTHS[widest + 1], took).compareTo(SHORT) <= 0) {
            widest++;
        }
        return widest;
    }

    /**
     * How long those of a greater width would take. While one is taken at a time as many are worked
     * on as have a turn; of the others half as many wait before them.
     */
    private Duration wouldTake(int next, Duration took) {
        Duration running = took.minus(ONCE);
        return (isWide()
                        ? running.multipliedBy(next).dividedBy(width())
                        : took.multipliedBy(next + next / 2).dividedBy(turns))
                .plus(ONCE);
    }

    /** A poll brought nothing. */
    synchronized void idle() {
        if (nanoTime.getAsLong() - last >= PAUSE.toNanos()) {
            needed = LEAST;
            narrow("no jobs for a while");
        }
    }

    /** Jobs that were taken together wait too long for one of them. */
    synchronized void late() {
        if (isWide()) {
            beSlowerToTrust();
        }
        narrow("some take long");
    }

    private void beSlowerToTrust() {
        needed = Math.min(needed * 2, MOST);
    }

    private void narrow(String why) {
        row = 0;
        if (isWide()) {
            go(0, why);
        }
    }

    private void go(int next, String why) {
        row = 0;
        level = next;
        log.info("{}: {}; up to {} at a time", topic, why, width());
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
