package boxcar.sandbox;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.process.Finished;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs stages with runc, one container each, made from the host's own /usr.
 *
 * <p>runc gives neither the exact exit status nor figures, and has no time limits: a small first
 * process (init.pl) tells the one, the control group the other, and {@link RuncRun} watches.
 */
final class RuncEngine implements BoxEngine {
    /** Far from users of people and of other containers; below 2³¹. */
    static final int FIRST_UID = 2_000_000_000;

    private static final int CAP_SYS_RESOURCE = 24;

    private static final Pattern VERSION = Pattern.compile("runc version (\\S+)");
    static final String PARENT = OwnGroup.PARENT;

    private final SandboxSettings settings;
    private final Telemetry telemetry;
    private final String version;
    private final Cgroups cgroups;
    private final boolean mayProtect;

    private RuncEngine(
            SandboxSettings settings,
            Telemetry telemetry,
            String version,
            Cgroups cgroups,
            boolean mayProtect) {
        this.telemetry = telemetry;
        this.mayProtect = mayProtect;
        this.settings = settings;
        this.version = version;
        this.cgroups = cgroups;
    }

    static RuncEngine open(SandboxSettings settings, Telemetry telemetry)
            throws Fault, InterruptedException {
        Finished said = Tools.run(settings.runc(), "--version");
        Matcher matcher = VERSION.matcher(said.out());
        if (!said.well() || !matcher.find()) {
            throw Faults.sandbox(settings.runc() + " is no runc", said);
        }
        if (!Files.isExecutable(Path.of("/usr/bin/perl"))) {
            throw Faults.sandbox("boxes of runc need /usr/bin/perl: apt-get install perl-base");
        }
        return new RuncEngine(
                settings, telemetry, matcher.group(1), Cgroups.detect(), mayProtect());
    }

    /** Lowering an out-of-memory score needs CAP_SYS_RESOURCE (proc(5)). */
    private static boolean mayProtect() throws Fault {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("CapEff:")) {
                    long effective = Long.parseUnsignedLong(line.substring(7).strip(), 16);
                    return (effective & (1L << CAP_SYS_RESOURCE)) != 0;
                }
            }
            return false;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read this worker's capabilities", e);
        }
    }

    @Override
    public Sandbox.Engine engine() {
        return new Sandbox.Engine("runc", version, cgroups.version(), cgroups.memoryLimit());
    }

    @Override
    public void ready(int box) throws Fault, InterruptedException {
        sweep(box);
        folder(box).make();
    }

    @Override
    public String trace() {
        return "runc";
    }

    @Override
    public void leave(int box) throws Fault, InterruptedException {
        sweep(box);
        folder(box).remove();
        cgroups.removeIfEmpty(PARENT);
    }

    private void sweep(int box) throws Fault, InterruptedException {
        Residents.kill(FIRST_UID + box);
        cgroups.sweep(group(box));
        if (Files.isDirectory(folder(box).state().resolve(container(box)))) {
            Finished delete =
                    Tools.run(
                            List.of(
                                    settings.runc(),
                                    "--root",
                                    folder(box).state().toString(),
                                    "delete",
                                    "--force",
                                    container(box)));
            if (!delete.well()) {
                throw Faults.box("box " + box + " cannot be swept: " + delete.evidence());
            }
        }
    }

    private RuncFolder folder(int box) {
        return new RuncFolder(settings.locks(), box);
    }

    private static String container(int box) {
        return "boxcar-" + box;
    }

    private static String group(int box) {
        return OwnGroup.name(box);
    }

    @Override
    public Ending run(int box, Stage stage, Stop stop) throws Fault, InterruptedException {
        int user = FIRST_UID + box;
        try {
            Trees.giveTo(stage.workDirectory(), Owner.of(user, user));
        } catch (IOException e) {
            throw Faults.box("cannot give " + stage.workDirectory() + " to box " + box, e);
        }
        RuncFolder folder = folder(box);
        Cgroup group = cgroups.group(group(box));
        group.make();
        String below = cgroups.present() ? group(box) + "/" + Cgroup.CONTAINER : "";
        folder.write(new RuncBundle(stage, folder, user, below, mayProtect));
        var argv =
                List.of(
                        settings.runc(),
                        "--root",
                        folder.state().toString(),
                        "run",
                        "--bundle",
                        folder.bundle().toString(),
                        container(box));
        boolean well = false;
        try (group;
                var talk = Talk.open(folder)) {
            Ending ending;
            try (var timing = telemetry.begin("engine")) {
                ending = new RuncRun(stage, stop, user, group, talk).run(argv);
                StageTime.tell(ending, telemetry, timing);
            }
            try (var _ = telemetry.begin("box-clean-up")) {
                folder.removePlaces(stage.binds());
            }
            well = true;
            return ending;
        } finally {
            if (!well) {
                endAll(box);
            }
        }
    }

    /** Whatever interrupts us: nothing of the stage may live on. */
    private void endAll(int box) throws Fault, InterruptedException {
        boolean interrupted = Thread.interrupted();
        try {
            sweep(box);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
