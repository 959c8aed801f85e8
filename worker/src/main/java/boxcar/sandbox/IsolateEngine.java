package boxcar.sandbox;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.process.Command;
import boxcar.process.MemoryFile;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages with isolate(1), one {@code --run} each.
 *
 * <p>The work directory is bound over the box's own folder, and /tmp and /dev/shm are ours, so that
 * nothing of a stage stays in isolate's box. Without control groups of isolate's own a box is
 * therefore made once and used again; with them it is made anew for each stage, for the group's
 * counters. Where isolate has none but the host has version 1, isolate runs in a group of ours.
 */
final class IsolateEngine implements BoxEngine {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final int SIGNALLED = 128;

    private final IsolateTool tool;
    private final SandboxSettings settings;
    private final Telemetry telemetry;
    private final Cgroups cgroups;
    private final @Nullable IsolateKeeper keeper;
    private final Map<Integer, OwnGroup> groups = new ConcurrentHashMap<>();

    /** Of boxes without a group of ours. */
    private final Map<Integer, Birthplace> birthplaces = new ConcurrentHashMap<>();

    private final Map<Integer, MemoryFile> metas = new ConcurrentHashMap<>();

    private IsolateEngine(
            IsolateTool tool,
            SandboxSettings settings,
            Telemetry telemetry,
            Cgroups cgroups,
            @Nullable IsolateKeeper keeper) {
        this.keeper = keeper;
        this.telemetry = telemetry;
        this.tool = tool;
        this.settings = settings;
        this.cgroups = cgroups;
    }

    static IsolateEngine open(SandboxSettings settings, Telemetry telemetry, int firstBox)
            throws Fault, InterruptedException {
        Supervisors.end(firstBox);
        IsolateTool tool = IsolateTool.probe(settings.isolate(), firstBox);
        @Nullable IsolateKeeper keeper =
                tool.groups() && tool.major() > 1
                        ? IsolateKeeper.of(settings.isolate()).orElse(null)
                        : null;
        return new IsolateEngine(tool, settings, telemetry, Cgroups.detect(), keeper);
    }

    /** Whether we bound a stage's memory and CPU time by a group of our own. */
    private boolean ownGroups() {
        return !tool.groups() && cgroups.ofThreads();
    }

    @Override
    public Sandbox.Engine engine() {
        return new Sandbox.Engine(
                "isolate",
                tool.version(),
                ownGroups() || (tool.groups() && tool.major() < 2)
                        ? "v1"
                        : tool.groups() ? "v2" : "none",
                tool.groups() || ownGroups()
                        ? Sandbox.MemoryLimit.GROUP
                        : Sandbox.MemoryLimit.ADDRESS_SPACE);
    }

    @Override
    public void ready(int box) throws Fault, InterruptedException {
        sweep(box);
        folder(box).make();
        tool.init(box);
        if (ownGroups()) {
            groups.put(box, OwnGroup.inhabited(cgroups, box));
        } else {
            birthplaces.put(box, Birthplace.of(box, ClosedCalls.ofIsolate()));
        }
    }

    @Override
    public Owner owner(int box) {
        return new Owner(tool.uid(box), tool.gid(box));
    }

    @Override
    public String trace() {
        return "box";
    }

    @Override
    public void leave(int box) throws Fault, InterruptedException {
        sweep(box);
        // isolate 1 makes a folder even to find that there is nothing to clean up.
        tool.init(box);
        tool.cleanup(box);
        folder(box).remove();
        cgroups.removeIfEmpty(OwnGroup.PARENT);
    }

    /** What it has it has for a box alone. */
    @Override
    public void close() {}

    /**
     * An earlier holder may have made the box in the other mode, which isolate 2 cleans up only in
     * that mode. isolate 1 cleans up either, but a second time it makes an empty folder, and
     * forgets the group of a box whose folder is gone.
     */
    private void sweep(int box) throws Fault, InterruptedException {
        Supervisors.end(box);
        Residents.kill(tool.uid(box));
        OwnGroup group = groups.remove(box);
        if (group != null) {
            group.close();
        }
        Birthplace birthplace = birthplaces.remove(box);
        if (birthplace != null) {
            birthplace.close();
        }
        cgroups.sweep(OwnGroup.name(box));
        if (tool.major() > 1) {
            (tool.groups() ? tool.withoutGroups() : tool.withGroups()).cleanup(box);
        }
        var cleanup = tool.cleanup(box);
        if (!cleanup.well()) {
            throw Faults.box("box " + box + " cannot be swept: " + cleanup.evidence());
        }
        if (tool.major() == 1 && tool.groups()) {
            cgroups.sweep("box-" + box);
        }
        MemoryFile meta = metas.remove(box);
        if (meta != null) {
            meta.close();
        }
    }

    private BoxFolder folder(int box) {
        return new BoxFolder(settings.locks(), box);
    }

    /** Empty, so that what an isolate has told is never taken for what the next one tells. */
    private MemoryFile meta(int box) throws Fault {
        try {
            MemoryFile known = metas.get(box);
            if (known == null) {
                known = MemoryFile.make("isolate-" + box + ".meta");
                metas.put(box, known);
            }
            known.clear();
            return known;
        } catch (IOException e) {
            throw Faults.box("no file in memory for what isolate tells of box " + box, e);
        }
    }

    @Override
    public Ending run(int box, Stage stage, Stop stop) throws Fault, InterruptedException {
        MemoryFile meta = meta(box);
        try {
            Trees.giveTo(stage.workDirectory(), new Owner(tool.uid(box), tool.gid(box)));
        } catch (IOException e) {
            throw Faults.box("cannot give " + stage.workDirectory() + " to box " + box, e);
        }
        @Nullable OwnGroup group = groups.get(box);
        Command command =
                new IsolateCommand(tool, folder(box), stage, group != null).toRun(box, meta.path());
        Ending ending;
        IsolateKeeper.@Nullable Mark mark = keeper == null ? null : keeper.mark();
        try (var timing = telemetry.begin("engine")) {
            ending =
                    new IsolateRun(box, tool.uid(box), stage, stop, meta, group)
                            .run(command, folder(box).streams(), starter(box, stage, group));
            StageTime.tell(ending, telemetry, timing);
        }
        if (keeper != null && mark != null) {
            boolean unexplained = !ending.usage().oomKilled() && maybeKilled(ending.how());
            keeper.requireAsBefore(mark, unexplained);
        }
        try (var _ = telemetry.begin("box-clean-up")) {
            clean(box);
        }
        return ending;
    }

    /** By SIGKILL or SIGTERM, or by an exit status that programs choose when they hear those. */
    private static boolean maybeKilled(Ending.How how) {
        return switch (how) {
            case Ending.Signalled(int signal) -> signal == SIGKILL || signal == SIGTERM;
            case Ending.Exited(int code) -> code > SIGNALLED;
            case Ending.CpuTimeout _, Ending.WallTimeout _, Ending.Flooded _, Ending.Cancelled _ ->
                    false;
        };
    }

    private OsProcess.Starter starter(int box, Stage stage, @Nullable OwnGroup group) {
        if (group == null) {
            return Objects.requireNonNull(birthplaces.get(box), "not ready");
        }
        // Without a group of ours isolate makes the network namespace.
        return stage.network() ? group.birthplace() : group.birthplace()::startApart;
    }

    /** So that the next stage finds nothing. */
    private void clean(int box) throws Fault, InterruptedException {
        folder(box).empty();
        if (tool.groups()) {
            var cleanup = tool.cleanup(box);
            if (!cleanup.well()) {
                throw Faults.box("box " + box + " cannot be cleaned up: " + cleanup.evidence());
            }
            tool.init(box);
        }
    }
}
