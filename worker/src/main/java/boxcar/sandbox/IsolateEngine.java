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
import boxcar.process.OpenFile;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages with isolate(1), one {@code --run} each.
 *
 * <p>The work directory is bound over the box's own folder, and /tmp and /dev/shm are ours, so that
 * nothing of a stage stays in isolate's box. Where the host has control groups of version 1, the
 * program joins a group of ours, and isolate does not know of it. So a box is made once and used
 * again. With control groups of isolate's own (version 2) a box is made anew for each stage, for
 * the group's counters.
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

    /** Shared by all boxes. */
    private final OpenFile joiner;

    private final Map<Integer, BoxGroups> groups = new ConcurrentHashMap<>();
    private final Map<Integer, Birthplace> birthplaces = new ConcurrentHashMap<>();
    private final Map<Integer, MemoryFile> metas = new ConcurrentHashMap<>();

    private IsolateEngine(
            IsolateTool tool,
            SandboxSettings settings,
            Telemetry telemetry,
            Cgroups cgroups,
            OpenFile joiner,
            @Nullable IsolateKeeper keeper) {
        this.keeper = keeper;
        this.telemetry = telemetry;
        this.tool = tool;
        this.settings = settings;
        this.cgroups = cgroups;
        this.joiner = joiner;
    }

    static IsolateEngine open(SandboxSettings settings, Telemetry telemetry, int firstBox)
            throws Fault, InterruptedException {
        Supervisors.end(firstBox);
        IsolateTool tool = IsolateTool.probe(settings.isolate(), firstBox);
        @Nullable IsolateKeeper keeper =
                tool.groups() && tool.major() > 1
                        ? IsolateKeeper.of(settings.isolate()).orElse(null)
                        : null;
        Cgroups cgroups = Cgroups.detect();
        return new IsolateEngine(
                cgroups.ofThreads() ? tool.withoutGroups() : tool,
                settings,
                telemetry,
                cgroups,
                FirstProcess.program(),
                keeper);
    }

    /** Whether we bound and count a stage by a group of our own. */
    private boolean ownGroups() {
        return !tool.groups() && cgroups.ofThreads();
    }

    @Override
    public Sandbox.Engine engine() {
        return new Sandbox.Engine(
                "isolate",
                tool.version(),
                ownGroups() ? "v1" : tool.groups() ? "v2" : "none",
                tool.groups() || ownGroups()
                        ? Sandbox.MemoryLimit.GROUP
                        : Sandbox.MemoryLimit.ADDRESS_SPACE);
    }

    @Override
    public void ready(int box) throws Fault, InterruptedException {
        sweep(box);
        folder(box).make();
        tool.init(box);
        birthplaces.put(box, Birthplace.of(box, ClosedCalls.ofIsolate()));
        if (ownGroups()) {
            groups.put(box, BoxGroups.open(cgroups, box));
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
        cgroups.removeIfEmpty(BoxGroups.PARENT);
    }

    @Override
    public void close() {
        joiner.close();
    }

    /**
     * An earlier holder may have made the box in the other mode, which isolate 2 cleans up only in
     * that mode. isolate 1 cleans up either, but a second time it makes an empty folder, and
     * forgets the group of a box whose folder is gone.
     */
    private void sweep(int box) throws Fault, InterruptedException {
        Supervisors.end(box);
        Residents.kill(tool.uid(box));
        Birthplace birthplace = birthplaces.remove(box);
        if (birthplace != null) {
            birthplace.close();
        }
        BoxGroups own = groups.remove(box);
        if (own != null) {
            own.close();
        }
        cgroups.sweep(BoxGroups.name(box));
        if (tool.major() > 1) {
            (tool.groups() ? tool.withoutGroups() : tool.withGroups()).cleanup(box);
        }
        var cleanup = tool.cleanup(box);
        if (!cleanup.well()) {
            throw Faults.box("box " + box + " cannot be swept: " + cleanup.evidence());
        }
        if (tool.major() == 1) {
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
        Ending ending;
        IsolateKeeper.@Nullable Mark mark = keeper == null ? null : keeper.mark();
        Instant begun = Instant.now();
        try (var timing = telemetry.begin("engine")) {
            ending = runIn(box, stage, stop, meta);
            StageTime.tell(ending, telemetry, timing);
        } catch (Fault first) {
            throw causeOf(first, mark);
        }
        if (keeper != null && mark != null) {
            boolean unexplained = !ending.usage().oomKilled() && maybeKilled(ending.how());
            keeper.requireAsBefore(mark, unexplained);
        }
        try (var _ = telemetry.begin("box-clean-up")) {
            ending = RoomCheck.look(ending, stage, begun, folder(box).scratch());
            clean(box);
        }
        return ending;
    }

    /**
     * isolate fails without its control groups. Then the end of the keeper is the cause to tell.
     */
    private Fault causeOf(Fault first, IsolateKeeper.@Nullable Mark mark)
            throws InterruptedException {
        if (keeper != null && mark != null) {
            try {
                keeper.requireAsBefore(mark, false);
            } catch (Fault cause) {
                cause.addSuppressed(first);
                return cause;
            }
        }
        return first;
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

    private Ending runIn(int box, Stage stage, Stop stop, MemoryFile meta)
            throws Fault, InterruptedException {
        BoxGroups own = groups.get(box);
        Birthplace place = Objects.requireNonNull(birthplaces.get(box), "not ready");
        if (own == null) {
            // Here isolate makes the network namespace.
            Command command = new IsolateCommand(tool, folder(box), stage).toRun(box, meta.path());
            return new IsolateRun(box, tool.uid(box), stage, stop, meta, null)
                    .run(command, folder(box).streams(), place);
        }
        Cgroup group = own.take(stage.limits());
        try {
            Command command =
                    new IsolateCommand(tool, folder(box), stage)
                            .toJoinAndRun(group.doors().size(), box, meta.path());
            var handed = new ArrayList<OpenFile>(List.of(joiner));
            handed.addAll(group.doors());
            return new IsolateRun(box, tool.uid(box), stage, stop, meta, group)
                    .run(
                            command,
                            folder(box).streams().with(handed),
                            stage.network() ? place : place::startApart);
        } finally {
            own.giveBack(group);
        }
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
