package boxcar.sandbox;

import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends a box of the pool to each stage, and sweeps boxes that had trouble before they go back. A
 * box that cannot be swept is out of use until it can.
 */
final class PooledSandbox implements Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(PooledSandbox.class);
    private static final long ENDING_MILLIS = 15_000;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private final BoxEngine engine;
    private final Claims claims;
    private final int bad;
    private final Disks disks;
    private final BoxEtc etc;
    private final BoxPool pool;
    private final Telemetry telemetry;
    private final AbandonedBoxes abandoned;
    private final BoxRepairs repairs;
    private final Set<Integer> dirty = ConcurrentHashMap.newKeySet();
    private final Set<Stop> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    PooledSandbox(BoxEngine engine, Claimed boxes, Telemetry telemetry) {
        this.telemetry = telemetry;
        this.bad = boxes.bad;
        this.disks = boxes.disks;
        this.etc = boxes.etc;
        this.abandoned = boxes.abandoned;
        this.engine = engine;
        this.claims = boxes.claims;
        this.pool = new BoxPool(claims.numbers());
        this.repairs = new BoxRepairs(engine::ready, pool::useAgain, FIRST_PAUSE);
    }

    /**
     * The boxes that were claimed and made ready.
     *
     * @param bad how many could not be, and were left
     */
    record Claimed(Claims claims, int bad, Disks disks, BoxEtc etc, AbandonedBoxes abandoned) {}

    @Override
    public Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        Binds.check(stage);
        Integer box = pool.lend(cancellation);
        if (box == null) {
            return Ending.cancelled("Cancelled before it had a box");
        }
        try {
            try (var _ = telemetry.begin("box")) {
                return runIn(box, stage, cancellation);
            }
        } finally {
            if (dirty.remove(box)) {
                pool.rest(box);
                repairs.add(box);
            } else {
                pool.giveBack(box);
            }
        }
    }

    private Ending runIn(int box, Stage stage, Cancellation cancellation)
            throws Fault, InterruptedException {
        Stage whole = etc.into(stage, box, engine.owner(box));
        var stop = new Stop();
        running.add(stop);
        dirty.add(box);
        try (var _ = cancellation.onCancel(() -> stop.because(Stop.Reason.CANCELLED))) {
            Ending ending = engine.run(box, whole, stop);
            dirty.remove(box);
            return stop.reason() == Stop.Reason.CLOSED ? closed() : ending;
        } catch (Fault fault) {
            return afterFault(box, fault, stop.reason());
        } finally {
            running.remove(stop);
            if (dirty.contains(box) && !closed) {
                // Once it is closed each box is swept for good.
                mend(box);
            }
        }
    }

    /**
     * An engine that is told to stop before it listens dies or fails, which is no trouble of the
     * sandbox: the box is swept all the same.
     */
    private static Ending afterFault(int box, Fault fault, Stop.@Nullable Reason reason)
            throws Fault {
        return switch (reason) {
            case CANCELLED -> {
                LOG.info("box {}, while its stage was cancelled: {}", box, fault.getMessage());
                yield Ending.cancelled("Cancelled; the sandbox tells nothing of it");
            }
            case CLOSED -> closed();
            case null -> throw fault;
            case FLOODED, CPU_TIME, WALL_TIME -> throw fault;
        };
    }

    private static Ending closed() throws Fault {
        throw Faults.sandbox("the sandbox was closed while the stage ran");
    }

    /** Best effort: a box that cannot be mended now stays dirty. */
    private void mend(int box) {
        boolean interrupted = Thread.interrupted();
        try {
            engine.ready(box);
            dirty.remove(box);
        } catch (Fault | RuntimeException e) {
            LOG.warn(
                    "box {} could not be swept after trouble and is not used until it can be: {}",
                    box,
                    e.getMessage());
        } catch (InterruptedException _) {
            interrupted = true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public Disk disk() throws Fault, InterruptedException {
        return disks.lend();
    }

    @Override
    public Engine engine() {
        return engine.engine();
    }

    @Override
    public Boxes boxes() {
        return new Boxes(pool.total(), pool.busy(), bad + pool.resting());
    }

    @Override
    public void close() {
        closed = true;
        abandoned.close();
        pool.close();
        running.forEach(stop -> stop.because(Stop.Reason.CLOSED));
        boolean interrupted = Thread.interrupted();
        try {
            repairs.end();
            if (!pool.awaitAllBack(ENDING_MILLIS)) {
                LOG.warn(
                        "{} stages did not end while the sandbox was closed; they are killed",
                        pool.busy());
                claims.numbers().forEach(this::leave);
                if (!pool.awaitAllBack(ENDING_MILLIS)) {
                    LOG.error("{} boxes are still in use by this worker", pool.busy());
                }
            }
        } catch (InterruptedException _) {
            interrupted = true;
        }
        removeEtc();
        disks.close();
        claims.numbers().forEach(this::leave);
        engine.close();
        claims.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void removeEtc() {
        try {
            etc.close();
        } catch (Fault fault) {
            LOG.warn("{}; the next holder of its number does it", fault.getMessage());
        }
    }

    private void leave(Integer box) {
        @Nullable Exception failure = null;
        try {
            engine.leave(box);
        } catch (Fault | RuntimeException e) {
            failure = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failure = e;
        }
        if (failure != null) {
            LOG.warn("box {} could not be cleaned up: {}", box, failure.getMessage());
        }
    }
}
