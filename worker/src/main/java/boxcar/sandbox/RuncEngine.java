package boxcar.sandbox;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.process.Finished;
import boxcar.process.OpenFile;
import boxcar.process.OsProcess;
import boxcar.process.PrivateMounts;
import boxcar.process.Talk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs stages with runc, one container each, made from the host's own /usr.
 *
 * <p>runc gives neither the exact exit status nor figures, and has no time limits: a small first
 * process (init.c) tells the one, the control group the other, and {@link RuncRun} watches.
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

    /** Shared by all boxes. */
    private final OpenFile firstProcess;

    /** Without groups to make, runc leaves its container where it is started. */
    private final PrivateMounts groupsNotToWrite;

    private final Map<Integer, RuncFolder> folders = new ConcurrentHashMap<>();

    /** Of the boxes that are ready. */
    private final Map<Integer, OwnGroup> groups = new ConcurrentHashMap<>();

    private RuncEngine(
            SandboxSettings settings,
            Telemetry telemetry,
            String version,
            Cgroups cgroups,
            boolean mayProtect,
            OpenFile firstProcess) {
        this.telemetry = telemetry;
        this.firstProcess = firstProcess;
        this.mayProtect = mayProtect;
        this.settings = settings;
        this.version = version;
        this.cgroups = cgroups;
        this.groupsNotToWrite = new PrivateMounts(cgroups.all());
    }

    static RuncEngine open(SandboxSettings settings, Telemetry telemetry)
            throws Fault, InterruptedException {
        Finished said = Tools.run(settings.runc(), "--version");
        Matcher matcher = VERSION.matcher(said.out());
        if (!said.well() || !matcher.find()) {
            throw Faults.sandbox(settings.runc() + " is no runc", said);
        }
        return new RuncEngine(
                settings,
                telemetry,
                matcher.group(1),
                Cgroups.detect(),
                mayProtect(),
                FirstProcess.program());
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
        folders.remove(box);
        folder(box).make();
        groups.put(box, OwnGroup.beside(cgroups, box));
    }

    @Override
    public Owner owner(int box) {
        return new Owner(FIRST_UID + box, FIRST_UID + box);
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

    @Override
    public void close() {
        firstProcess.close();
    }

    private void sweep(int box) throws Fault, InterruptedException {
        Residents.kill(FIRST_UID + box);
        OwnGroup group = groups.remove(box);
        if (group != null) {
            group.close();
        }
        cgroups.sweep(OwnGroup.name(box));
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
        return folders.computeIfAbsent(box, number -> new RuncFolder(settings.locks(), number));
    }

    private static String container(int box) {
        return "boxcar-" + box;
    }

    @Override
    public Ending run(int box, Stage stage, Stop stop) throws Fault, InterruptedException {
        int user = FIRST_UID + box;
        try {
            Trees.giveTo(stage.workDirectory(), new Owner(user, user));
        } catch (IOException e) {
            throw Faults.box("cannot give " + stage.workDirectory() + " to box " + box, e);
        }
        RuncFolder folder = folder(box);
        OwnGroup group = Objects.requireNonNull(groups.get(box), "not ready");
        if (!cgroups.ofThreads()) {
            // runc starts within it.
            group.cgroup().make();
        }
        folder.prepare(stage.binds());
        folder.write(new RuncBundle(stage, folder, user, within(group, box), mayProtect));
        try (var timing = telemetry.begin("engine");
                var talk = Talk.open(folder.up(), folder.down())) {
            OsProcess.Handed handed = handed(talk, group);
            Ending ending =
                    new RuncRun(stage, stop, user, group.cgroup(), talk)
                            .run(
                                    command(box, handed.count()),
                                    handed,
                                    starter(group.birthplace(), stage.network()));
            StageTime.tell(ending, telemetry, timing);
            return ending;
        } catch (IOException e) {
            Fault fault = Faults.box("cannot talk to box " + box, e);
            endAll(box, fault);
            throw fault;
        } catch (Throwable first) {
            endAll(box, first);
            throw first;
        }
    }

    /** As init.c expects it. */
    private OsProcess.Handed handed(Talk talk, OwnGroup group) {
        var files = new ArrayList<OpenFile>();
        files.add(firstProcess);
        files.addAll(group.doors());
        return new OsProcess.Handed(talk, files);
    }

    private RuncBundle.Group within(OwnGroup group, int box) {
        if (cgroups.ofThreads()) {
            return new RuncBundle.Group("", group.doors().size());
        }
        String made = cgroups.present() ? OwnGroup.name(box) + "/" + Cgroup.CONTAINER : "";
        return new RuncBundle.Group(made, 0);
    }

    private OsProcess.Starter starter(Birthplace place, boolean network) {
        OsProcess.Starter starter = network ? place : place::startApart;
        return cgroups.ofThreads()
                ? call -> starter.start(() -> groupsNotToWrite.within(call))
                : starter;
    }

    private List<String> command(int box, int handed) {
        return List.of(
                settings.runc(),
                "--root",
                folder(box).state().toString(),
                // "true": it puts up with groups that it cannot make.
                "--rootless=" + (cgroups.ofThreads() ? "true" : "auto"),
                "run",
                "--bundle",
                folder(box).bundle().toString(),
                "--preserve-fds",
                Integer.toString(handed),
                container(box));
    }

    /**
     * Whatever interrupts us: nothing of the stage may live on. What went wrong first is what is
     * told: it is often why the rest fails, too.
     */
    private void endAll(int box, Throwable first) {
        boolean interrupted = Thread.interrupted();
        try {
            sweep(box);
        } catch (Fault | RuntimeException e) {
            first.addSuppressed(e);
        } catch (InterruptedException e) {
            interrupted = true;
            first.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
