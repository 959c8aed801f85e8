package boxcar.cli;

import boxcar.intake.Intake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While the state folder's disk has too little room this replica takes no jobs: they would end as
 * faults, or worse, a program would be blamed for a write that failed. It goes on by itself when
 * there is room again.
 */
final class DiskWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);
    private static final String REASON = "the disk of the state folder is full";
    private static final Duration EVERY = Duration.ofSeconds(1);

    private final Intake intake;
    private final Path state;
    private final long leastFree;
    private final Thread thread;
    private boolean full;

    private DiskWatch(Intake intake, Path state, long leastFree) {
        this.intake = intake;
        this.state = state;
        this.leastFree = leastFree;
        this.thread = Thread.ofVirtual().name("disk-watch").unstarted(this::watch);
    }

    /**
     * @param leastFree bytes; 0 watches nothing
     */
    static DiskWatch start(Intake intake, Path state, long leastFree) {
        DiskWatch watch = new DiskWatch(intake, state, leastFree);
        if (leastFree > 0) {
            watch.look();
            watch.thread.start();
        }
        return watch;
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(EVERY);
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        long free;
        try {
            free = Files.getFileStore(state).getUsableSpace();
        } catch (IOException e) {
            LOG.warn("cannot tell the free space of {}: {}", state, e.toString());
            return;
        }
        if (!full && free < leastFree) {
            full = true;
            intake.pause(REASON);
            LOG.error(
                    "{}: {} MiB free for {}, less than disk.free_mib ({}); no jobs are taken until there is"
                            + " room",
                    REASON,
                    free >> 20,
                    state,
                    leastFree >> 20);
        } else if (full && free >= leastFree) {
            full = false;
            LOG.info("{} MiB free for {}: jobs are taken", free >> 20, state);
            intake.resume(REASON);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
