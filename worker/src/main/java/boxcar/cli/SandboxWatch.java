package boxcar.cli;

import boxcar.engine.SandboxGuard;
import boxcar.intake.Intake;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When the sandbox's circuit opens, this replica takes no jobs; a real stage is run every few
 * seconds, and when one ends well the replica goes on. Where the circuit opens again soon, several
 * must end well in a row: a sandbox that now works and now fails is not ready.
 */
final class SandboxWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxWatch.class);
    private static final String REASON = "the sandbox failed several times in a row";
    private static final Duration EVERY = Duration.ofSeconds(5);

    /** The circuit opens again soon after it closed: within so many intervals between checks. */
    private static final int SOON = 60;

    private static final int CHECKS_WHEN_SOON = 3;

    private final SandboxGuard sandbox;
    private final Door door;
    private final Duration every;
    private final Semaphore opened = new Semaphore(0);
    private final Thread thread;

    /** Where jobs come in. */
    interface Door {
        void pause(String reason);

        void resume(String reason);
    }

    private SandboxWatch(SandboxGuard sandbox, Door door, Duration every) {
        this.sandbox = sandbox;
        this.door = door;
        this.every = every;
        this.thread = Thread.ofVirtual().name("sandbox-watch").unstarted(this::watch);
    }

    static SandboxWatch start(SandboxGuard sandbox, Intake intake) {
        Door door =
                new Door() {
                    @Override
                    public void pause(String reason) {
                        intake.pause(reason);
                    }

                    @Override
                    public void resume(String reason) {
                        intake.resume(reason);
                    }
                };
        return start(sandbox, door, EVERY);
    }

    /** {@code every} is the time between two health checks. */
    static SandboxWatch start(SandboxGuard sandbox, Door door, Duration every) {
        SandboxWatch watch = new SandboxWatch(sandbox, door, every);
        sandbox.onOpen(open -> {
            if (open) {
                door.pause(REASON);
                LOG.error("{}; no jobs are taken until a health check passes", REASON);
                watch.opened.release();
            }
        });
        watch.thread.start();
        return watch;
    }

    private void watch() {
        long closed = Long.MIN_VALUE;
        try {
            while (true) {
                opened.acquire();
                long open = System.nanoTime();
                boolean soon = closed != Long.MIN_VALUE && open - closed < SOON * every.toNanos();
                awaitChecks(soon ? CHECKS_WHEN_SOON : 1);
                closed = System.nanoTime();
                LOG.info("the sandbox works again; jobs are taken");
                door.resume(REASON);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Closes the circuit by the last of so many checks that end well in a row. */
    private void awaitChecks(int wanted) throws InterruptedException {
        int well = 0;
        while (well < wanted) {
            boolean last = well == wanted - 1;
            well = (last ? sandbox.check() : sandbox.works()) ? well + 1 : 0;
            if (well < wanted) {
                Thread.sleep(every);
            }
        }
    }

    /** A stage that any sandbox that works ends well. */
    static Stage healthCheck(Path state) {
        Path work = state.resolve("health-check");
        try {
            Files.createDirectories(work);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Duration second = Duration.ofSeconds(5);
        return new Stage(
                StageKind.RUN,
                List.of("/bin/true"),
                Map.of(),
                work,
                List.of(),
                new Limits(second, second, Duration.ZERO, 65_536, 1024, 64, 8, 1),
                new byte[0],
                1,
                false,
                Stage.OutputListener.NONE);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
