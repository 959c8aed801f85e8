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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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

    private final SandboxSettings settings;
    private final Telemetry telemetry;
    private final String version;
    private final Cgroups cgroups;
    private final boolean mayProtect;

    /** Shared by all boxes. */
    private final OpenFile firstProcess;

    /** Without groups to write, runc leaves its container where it is started. */
    private final PrivateMounts groupsNotToWrite;

    private final Map<Integer, RuncFolder> folders = new ConcurrentHashMap<>();

    /** Of the boxes that are ready; none where the host has no control groups. */
    private final Map<Integer, BoxGroups> groups = new ConcurrentHashMap<>();

    /** Of the boxes that are ready. */
    private final Map<Integer, Birthplace> birthplaces = new ConcurrentHashMap<>();

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
        birthplaces.put(box, Birthplace.of(box, ClosedCalls.ofRunc()));
        if (cgroups.present()) {
            groups.put(box, BoxGroups.open(cgroups, box));
        }
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
        cgroups.removeIfEmpty(BoxGroups.PARENT);
    }

    @Override
    public void close() {
        firstProcess.close();
    }

    private void sweep(int box) throws Fault, InterruptedException {
        Residents.kill(FIRST_UID + box);
        Birthplace birthplace = birthplaces.remove(box);
        if (birthplace != null) {
            birthplace.close();
        }
        BoxGroups own = groups.remove(box);
        if (own != null) {
            own.close();
        }
        cgroups.sweep(BoxGroups.name(box));
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
        BoxGroups own = groups.get(box);
        Cgroup group = own == null ? null : own.take(stage.limits());
        try {
            return runIn(group, box, stage, stop);
        } catch (Throwable first) {
            endAll(box, first);
            throw first;
        } finally {
            if (own != null && group != null && groups.get(box) == own) {
                own.giveBack(group);
            } else if (group != null) {
                group.close();
            }
        }
    }

    private Ending runIn(@Nullable Cgroup group, int box, Stage stage, Stop stop)
            throws Fault, InterruptedException {
        int user = FIRST_UID + box;
        RuncFolder folder = folder(box);
        List<OpenFile> doors = group == null ? List.of() : group.doors();
        Instant begun = Instant.now();
        folder.prepare(stage.binds());
        folder.write(new RuncBundle(stage, folder, user, doors.size(), mayProtect));
        try (var timing = telemetry.begin("engine");
                var talk = Talk.open(folder.up(), folder.down())) {
            OsProcess.Handed handed = handed(talk, doors);
            Ending ending =
                    new RuncRun(stage, stop, user, group, talk)
                            .run(
                                    command(box, handed.count()),
                                    handed,
                                    starter(box, stage.network()));
            StageTime.tell(ending, telemetry, timing);
            ending = RoomCheck.look(ending, stage, begun, folder.scratch());
            folder.empty();
            return ending;
        } catch (IOException e) {
            throw Faults.box("cannot talk to box " + box, e);
        }
    }

    /** As init.c expects it. */
    private OsProcess.Handed handed(Talk talk, List<OpenFile> doors) {
        var files = new ArrayList<OpenFile>();
        files.add(firstProcess);
        files.addAll(doors);
        return new OsProcess.Handed(talk, files);
    }

    private OsProcess.Starter starter(int box, boolean network) {
        Birthplace place = Objects.requireNonNull(birthplaces.get(box), "not ready");
        OsProcess.Starter starter = network ? place : place::startApart;
        return cgroups.present()
                ? call -> starter.start(() -> groupsNotToWrite.within(call))
                : starter;
    }

    private List<String> command(int box, int handed) {
        return List.of(
                settings.runc(),
                "--root",
                folder(box).state().toString(),
                // "true": it puts up with groups that it cannot make.
                "--rootless=" + (cgroups.present() ? "true" : "auto"),
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
