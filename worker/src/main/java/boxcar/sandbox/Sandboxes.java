package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door of this room: finds the engine that works here, claims boxes, opens the sandbox. */
public final class Sandboxes {
    private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);

    /** So many bad numbers in a row are no bad luck. */
    private static final int MOST_BAD = 10;

    private Sandboxes() {}

    /**
     * Claims boxes, sweeps them and tries the engine in one.
     *
     * @throws Fault if no engine works here, or no box is free; the message says what to do
     */
    public static Sandbox open(SandboxSettings wanted) throws Fault, InterruptedException {
        return open(wanted, Telemetry.NONE);
    }

    /**
     * As above.
     *
     * @param telemetry hears what the time in a box is spent on
     */
    public static Sandbox open(SandboxSettings wanted, Telemetry telemetry)
            throws Fault, InterruptedException {
        SandboxSettings settings = wanted.resolved();
        // One to spare, so that an engine is not judged by one bad number alone.
        Claims claims = Claims.take(settings.with(settings.engine(), settings.boxes() + 1));
        boolean opened = false;
        try {
            BoxEngine engine = engine(settings, telemetry, claims.numbers());
            int bad = ready(engine, claims, settings);
            if (claims.numbers().size() < settings.boxes()) {
                LOG.warn(
                        "{} of {} boxes could be claimed: other replicas hold the rest of {} to {}, and {}"
                                + " cannot be used",
                        claims.numbers().size(),
                        settings.boxes(),
                        settings.firstBox(),
                        settings.lastBox(),
                        bad);
            }
            LOG.debug("{}; boxes {}", engine.engine().describe(), claims.numbers());
            int first = claims.numbers().getFirst();
            var disks = new Disks(settings.locks(), first, settings.diskKib());
            BoxEtc etc = BoxEtc.make(ETC, Disks.folder(settings.locks(), first), settings.etc());
            opened = true;
            return new PooledSandbox(
                    engine,
                    new PooledSandbox.Claimed(
                            claims, bad, disks, etc, AbandonedBoxes.sweepBy(engine, settings)),
                    telemetry);
        } finally {
            if (!opened) {
                claims.close();
            }
        }
    }

    /**
     * Makes as many boxes ready as are wanted. A number that cannot be used is left, and the next
     * one claimed: somebody else may use it, or something is in its way that only a person removes.
     *
     * @return how many were left
     * @throws Fault if none can be used
     */
    private static int ready(BoxEngine engine, Claims claims, SandboxSettings settings)
            throws Fault, InterruptedException {
        var waiting = new ArrayDeque<>(claims.numbers());
        int ready = 0;
        int bad = 0;
        while (ready < settings.boxes() && (!waiting.isEmpty() || claims.addNext(settings))) {
            int box = waiting.isEmpty() ? claims.numbers().getLast() : waiting.removeFirst();
            try {
                Disks.sweep(settings.locks(), box);
                engine.ready(box);
                ready++;
            } catch (Fault e) {
                claims.release(box);
                bad++;
                LOG.warn("box {} cannot be used and is left: {}", box, e.getMessage());
                if (ready == 0 && bad == MOST_BAD) {
                    throw e;
                }
            }
        }
        waiting.forEach(claims::release);
        if (ready == 0) {
            throw Faults.box("no box can be used; the warnings above say why");
        }
        return bad;
    }

    private static BoxEngine engine(
            SandboxSettings settings, Telemetry telemetry, List<Integer> boxes)
            throws Fault, InterruptedException {
        return switch (settings.engine()) {
            case ISOLATE -> isolate(settings, telemetry, boxes);
            case RUNC -> RuncEngine.open(settings, telemetry);
            case AUTO -> firstThatWorks(settings, telemetry, boxes);
        };
    }

    /** Tries it in a second box if the first is bad. */
    private static BoxEngine isolate(
            SandboxSettings settings, Telemetry telemetry, List<Integer> boxes)
            throws Fault, InterruptedException {
        try {
            return IsolateEngine.open(settings, telemetry, boxes.getFirst());
        } catch (Fault e) {
            if (boxes.size() == 1) {
                throw e;
            }
            return IsolateEngine.open(settings, telemetry, boxes.get(1));
        }
    }

    private static BoxEngine firstThatWorks(
            SandboxSettings settings, Telemetry telemetry, List<Integer> boxes)
            throws Fault, InterruptedException {
        Fault isolate;
        try {
            return isolate(settings, telemetry, boxes);
        } catch (Fault e) {
            isolate = e;
        }
        try {
            BoxEngine runc = RuncEngine.open(settings, telemetry);
            LOG.info("using runc, for isolate does not work here: {}", isolate.getMessage());
            return runc;
        } catch (Fault e) {
            throw Faults.sandbox(
                    "no sandbox works here. isolate: %s. runc: %s. %s"
                            .formatted(isolate.getMessage(), e.getMessage(), MEND_RUNC));
        }
    }

    private static final Path ETC = Path.of("/etc");
    private static final String MEND_RUNC = "Install one: apt-get install runc";
    private static final String MEND_ISOLATE =
            "Install isolate from its authors' Debian repository, as root, and see"
                    + " isolate-check-environment(8)";

    /**
     * Tries each engine for real, in a box of its own.
     *
     * @return one line for each engine, for people
     */
    public static List<Present> present(SandboxSettings settings) throws InterruptedException {
        var found = new ArrayList<Present>();
        found.add(tryOne(settings.with(SandboxSettings.Choice.ISOLATE, 1), "isolate"));
        found.add(tryOne(settings.with(SandboxSettings.Choice.RUNC, 1), "runc"));
        return found;
    }

    private static Present tryOne(SandboxSettings settings, String name)
            throws InterruptedException {
        try (Sandbox sandbox = open(settings)) {
            return new Present(name, sandbox.engine(), sandbox.engine().describe(), null);
        } catch (Fault e) {
            String mend = name.equals("runc") ? MEND_RUNC : MEND_ISOLATE;
            return new Present(name, null, String.valueOf(e.getMessage()), mend);
        }
    }

    /**
     * What became of an engine on this host.
     *
     * @param engine what it can do; null if it does not work
     * @param words for people: what it is, or what went wrong
     * @param mend what to do about it; null if it works
     */
    public record Present(
            String name, Sandbox.@Nullable Engine engine, String words, @Nullable String mend) {}
}
