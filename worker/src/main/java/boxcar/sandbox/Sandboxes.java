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
        @Nullable BoxEngine engine = null;
        boolean opened = false;
        try {
            engine = engine(settings, telemetry, claims.numbers());
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
            var sandbox =
                    new PooledSandbox(
                            engine,
                            new PooledSandbox.Claimed(
                                    claims,
                                    bad,
                                    disks,
                                    etc,
                                    AbandonedBoxes.sweepBy(engine, settings)),
                            telemetry);
            opened = true;
            return sandbox;
        } finally {
            if (!opened) {
                if (engine != null) {
                    leave(engine, claims.numbers());
                    engine.close();
                }
                claims.close();
            }
        }
    }

    /**
     * As far as it goes: there is a fault already, or something better, that tells what is wrong.
     */
    private static void leave(BoxEngine engine, List<Integer> boxes) throws InterruptedException {
        for (int box : boxes) {
            try {
                engine.leave(box);
            } catch (Fault e) {
                LOG.warn("box {} could not be cleaned up: {}", box, e.getMessage());
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
            case ISOLATE -> inOneOf(boxes, settings, box -> isolate(settings, telemetry, box));
            case RUNC -> inOneOf(boxes, settings, _ -> RuncEngine.open(settings, telemetry));
            case AUTO -> best(settings, telemetry, boxes);
        };
    }

    private static BoxEngine isolate(SandboxSettings settings, Telemetry telemetry, int box)
            throws Fault, InterruptedException {
        return IsolateEngine.open(settings, telemetry, box);
    }

    @FunctionalInterface
    private interface Opening {
        BoxEngine open(int box) throws Fault, InterruptedException;
    }

    /** An engine that has run a program here. Tries it in a second box if the first is bad. */
    private static BoxEngine inOneOf(List<Integer> boxes, SandboxSettings settings, Opening opening)
            throws Fault, InterruptedException {
        try {
            return tried(boxes.getFirst(), settings, opening);
        } catch (Fault e) {
            if (boxes.size() == 1) {
                throw e;
            }
            LOG.debug("box {} is bad: {}", boxes.getFirst(), e.getMessage());
            return tried(boxes.get(1), settings, opening);
        }
    }

    private static BoxEngine tried(int box, SandboxSettings settings, Opening opening)
            throws Fault, InterruptedException {
        BoxEngine engine = opening.open(box);
        boolean works = false;
        try {
            Disks.sweep(settings.locks(), box);
            engine.ready(box);
            Trial.run(engine, box, settings.locks());
            works = true;
            return engine;
        } finally {
            if (!works) {
                leave(engine, List.of(box));
                engine.close();
            }
        }
    }

    /**
     * The first that bounds the memory of all processes of a stage together, isolate before runc;
     * where neither does, the first that works.
     */
    private static BoxEngine best(
            SandboxSettings settings, Telemetry telemetry, List<Integer> boxes)
            throws Fault, InterruptedException {
        @Nullable BoxEngine isolate = null;
        String whyNot;
        try {
            isolate = inOneOf(boxes, settings, box -> isolate(settings, telemetry, box));
            if (isGrouped(isolate)) {
                return isolate;
            }
            whyNot = "isolate has no control groups here";
            // Its boxes are made again if there is nothing better: runc's have the same names.
            leave(isolate, boxes);
        } catch (Fault e) {
            whyNot = "isolate does not work here: " + e.getMessage();
        }
        whyNot += IsolateKeeper.howToStart().map(advice -> ". " + advice).orElse("");
        @Nullable Fault failure = null;
        try {
            BoxEngine runc = inOneOf(boxes, settings, _ -> RuncEngine.open(settings, telemetry));
            if (isolate == null || isGrouped(runc)) {
                LOG.info("using runc, for {}", whyNot);
                return runc;
            }
            leave(runc, boxes);
            runc.close();
        } catch (Fault e) {
            failure = e;
        }
        if (isolate == null) {
            throw Faults.sandbox(
                    "no sandbox works here. %s. runc: %s. %s"
                            .formatted(
                                    whyNot,
                                    failure == null ? "" : failure.getMessage(),
                                    MEND_RUNC));
        }
        LOG.warn(
                "using isolate without control groups, for {}, and runc {}: limits are those of each"
                        + " single process",
                whyNot,
                failure == null ? "has none either" : "does not work: " + failure.getMessage());
        return isolate;
    }

    private static boolean isGrouped(BoxEngine engine) {
        return engine.engine().memory() == Sandbox.MemoryLimit.GROUP;
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
