package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door of this room: finds the engine that works here, claims boxes, opens the sandbox. */
public final class Sandboxes {
    private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);

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
        Claims claims = Claims.take(settings);
        boolean opened = false;
        try {
            if (claims.numbers().size() < settings.boxes()) {
                LOG.warn(
                        "{} of {} boxes could be claimed: other replicas hold the rest of {} to {}",
                        claims.numbers().size(),
                        settings.boxes(),
                        settings.firstBox(),
                        settings.lastBox());
            }
            forgetEarlierLife(settings);
            BoxEngine engine = engine(settings, telemetry, claims.numbers().getFirst());
            for (int box : claims.numbers()) {
                Disks.sweep(settings.locks(), box);
                engine.ready(box);
            }
            LOG.info("{}; boxes {}", engine.engine().describe(), claims.numbers());
            opened = true;
            var disks =
                    new Disks(settings.locks(), claims.numbers().getFirst(), settings.diskKib());
            return new PooledSandbox(
                    engine, claims, disks, AbandonedBoxes.sweepBy(engine, settings), telemetry);
        } finally {
            if (!opened) {
                claims.close();
            }
        }
    }

    private static void forgetEarlierLife(SandboxSettings settings) throws Fault {
        try {
            Trees.empty(settings.state());
        } catch (IOException e) {
            throw Faults.box("cannot empty " + settings.state(), e);
        }
    }

    private static BoxEngine engine(SandboxSettings settings, Telemetry telemetry, int box)
            throws Fault, InterruptedException {
        return switch (settings.engine()) {
            case ISOLATE -> IsolateEngine.open(settings, telemetry, box);
            case RUNC -> RuncEngine.open(settings, telemetry);
            case AUTO -> firstThatWorks(settings, telemetry, box);
        };
    }

    private static BoxEngine firstThatWorks(SandboxSettings settings, Telemetry telemetry, int box)
            throws Fault, InterruptedException {
        Fault isolate;
        try {
            return IsolateEngine.open(settings, telemetry, box);
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
