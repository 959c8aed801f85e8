package boxcar.cli;

import boxcar.intake.Intake;
import boxcar.runtime.Runtimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While the state folder has too little room, or cannot be written, or its database cannot, this
 * replica takes no jobs: they would end as faults. It goes on by itself when that is mended; only a
 * damaged database takes a new start, so the replica ends then.
 */
final class DiskWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);
    private static final Duration EVERY = Duration.ofMillis(300);

    /**
     * Every so many looks it is tried whether a file can be written; each, while there is trouble.
     */
    private static final int LOOKS_A_PROBE = 10;

    private static final byte[] PROBE = new byte[8192];

    private final Intake intake;
    private final Watched watched;

    /** A database that fails is heard of at once: no other job is to meet it. */
    private final Semaphore wake = new Semaphore(0);

    private final Thread thread;
    private @Nullable String reason;
    private int looks;

    private DiskWatch(Intake intake, Watched watched) {
        this.intake = intake;
        this.watched = watched;
        this.thread = Thread.ofPlatform().daemon().name("disk-watch").unstarted(this::watch);
    }

    /**
     * What is looked at.
     *
     * @param leastFree bytes that are to be free; 0 for as few as a worker can do with
     * @param onFatal gets one line when it is no use to go on
     */
    record Watched(Path state, long leastFree, Runtimes runtimes, Consumer<String> onFatal) {}

    static DiskWatch start(Intake intake, Watched watched) {
        DiskWatch watch = new DiskWatch(intake, watched);
        watch.look();
        watched.runtimes.onTrouble(watch.wake::release);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try {
            while (true) {
                boolean _ = wake.tryAcquire(EVERY.toMillis(), TimeUnit.MILLISECONDS);
                wake.drainPermits();
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        @Nullable String before = reason;
        @Nullable String now = trouble().orElse(null);
        reason = now;
        if (now != null && !now.equals(before)) {
            intake.pause(now);
            LOG.error("{}: no jobs are taken until that is mended ({})", now, watched.state);
            if (watched.runtimes.isDamaged()) {
                watched.onFatal.accept(now);
            }
        }
        if (before != null && !before.equals(now)) {
            intake.resume(before);
        }
        if (before != null && now == null) {
            LOG.info("{} can be written again: jobs are taken", watched.state);
            watched.runtimes.tryAgain();
        }
    }

    private Optional<String> trouble() {
        try {
            if (new DiskRoom(watched.state, watched.leastFree).isFull(reason != null)) {
                return Optional.of("the disk of the state folder is full");
            }
            if (looks++ % LOOKS_A_PROBE == 0 || reason != null) {
                probe();
            }
        } catch (IOException e) {
            return Optional.of("the state folder cannot be written: " + e.getMessage());
        }
        return watched.runtimes.trouble();
    }

    private void probe() throws IOException {
        Path probe = watched.state.resolve(".probe");
        Files.write(probe, PROBE);
        Files.delete(probe);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
