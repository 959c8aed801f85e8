package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sweeps the boxes of replicas of this host that died: what runs in them would go on until its
 * limits end it, and a number that nobody claims again would stay as it is. Every replica looks, at
 * once and then every {@link #EVERY}; the number's lock says who sweeps.
 */
final class AbandonedBoxes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AbandonedBoxes.class);
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final BoxEngine engine;
    private final SandboxSettings settings;
    private final Set<Integer> bad = new HashSet<>();
    private final Thread thread;

    private AbandonedBoxes(BoxEngine engine, SandboxSettings settings) {
        this.engine = engine;
        this.settings = settings;
        this.thread = Thread.ofVirtual().name("abandoned-boxes").unstarted(this::watch);
    }

    static AbandonedBoxes sweepBy(BoxEngine engine, SandboxSettings settings) {
        AbandonedBoxes boxes = new AbandonedBoxes(engine, settings);
        boxes.thread.start();
        return boxes;
    }

    private void watch() {
        try {
            while (true) {
                sweep();
                Thread.sleep(EVERY);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void sweep() throws InterruptedException {
        try {
            var traces = new TreeSet<>(Remains.traces(settings.locks(), engine.trace()));
            traces.addAll(Remains.traces(settings.locks(), "disks"));
            for (int box : traces) {
                if (box >= settings.firstBox() && box <= settings.lastBox()) {
                    trySweep(box);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.warn("boxes of dead replicas cannot be swept: {}", e.getMessage());
        }
    }

    /** One that cannot be swept keeps none of the others from it, and is told once. */
    private void trySweep(int box) throws IOException, InterruptedException {
        try {
            sweep(box);
            bad.remove(box);
        } catch (Fault e) {
            if (bad.add(box)) {
                LOG.warn("box {} of a dead replica cannot be swept: {}", box, e.getMessage());
            }
        }
    }

    private void sweep(int box) throws Fault, IOException, InterruptedException {
        try (Claims claim = Claims.none()) {
            if (claim.tryAdd(settings.locks(), box)) {
                Disks.sweep(settings.locks(), box);
                engine.leave(box);
                LOG.info("swept box {}, whose replica died", box);
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
