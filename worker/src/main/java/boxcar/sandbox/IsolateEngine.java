package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Usage;
import boxcar.process.Capture;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs stages with isolate(1), one {@code --run} each.
 *
 * <p>The work directory is bound over the box's own folder, and /tmp and /dev/shm are ours, so that
 * nothing of a stage stays in isolate's box. Without control groups a box is therefore made once
 * and used again; with them it is made anew for each stage, for the group's counters.
 */
final class IsolateEngine implements BoxEngine {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration SLACK = Duration.ofSeconds(10);
    private static final int KIB = 1024;

    private final IsolateTool tool;
    private final SandboxSettings settings;

    private IsolateEngine(IsolateTool tool, SandboxSettings settings) {
        this.tool = tool;
        this.settings = settings;
    }

    static IsolateEngine open(SandboxSettings settings, int firstBox)
            throws Fault, InterruptedException {
        Supervisors.end(firstBox);
        return new IsolateEngine(IsolateTool.probe(settings.isolate(), firstBox), settings);
    }

    @Override
    public Sandbox.Engine engine() {
        return new Sandbox.Engine(
                "isolate",
                tool.version(),
                tool.groups() ? (tool.major() < 2 ? "v1" : "v2") : "none",
                tool.groups() ? Sandbox.MemoryLimit.GROUP : Sandbox.MemoryLimit.ADDRESS_SPACE);
    }

    @Override
    public void ready(int box) throws Fault, InterruptedException {
        sweep(box);
        folder(box).make();
        tool.init(box);
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
    }

    /**
     * An earlier holder may have made the box in the other mode, which isolate 2 cleans up only in
     * that mode. isolate 1 cleans up either, but a second time it makes an empty folder, and
     * forgets the group of a box whose folder is gone.
     */
    private void sweep(int box) throws Fault, InterruptedException {
        Supervisors.end(box);
        Residents.kill(tool.uid(box));
        if (tool.major() > 1) {
            (tool.groups() ? tool.withoutGroups() : tool.withGroups()).cleanup(box);
        }
        var cleanup = tool.cleanup(box);
        if (!cleanup.well()) {
            throw Faults.box("box " + box + " cannot be swept: " + cleanup.evidence());
        }
        if (tool.major() == 1 && tool.groups()) {
            Cgroups.detect().sweep("box-" + box);
        }
        try {
            Files.deleteIfExists(meta(box));
        } catch (IOException e) {
            throw Faults.box("cannot remove " + meta(box), e);
        }
    }

    private BoxFolder folder(int box) {
        return new BoxFolder(settings.locks(), box);
    }

    private Path meta(int box) {
        return settings.state().resolve("isolate-" + box + ".meta");
    }

    @Override
    public Ending run(int box, Stage stage, Stop stop) throws Fault, InterruptedException {
        try {
            Trees.giveTo(stage.workDirectory(), tool.uid(box), tool.gid(box));
        } catch (IOException e) {
            throw Faults.box("cannot give " + stage.workDirectory() + " to box " + box, e);
        }
        Command command = new IsolateCommand(tool, folder(box), stage).toRun(box, meta(box));
        int cap = Math.multiplyExact(stage.outputCapKib(), KIB);
        Runnable flooded = () -> stop.because(Stop.Reason.FLOODED);
        var stdout = new Capture(cap, stage.listener()::printed, flooded);
        var stderr = new Capture(cap, stage.listener()::printed, flooded);
        int exit = runToEnd(box, stage, command, new Streams(stdout, stderr), stop);
        Ending ending = tell(box, exit, new Streams(stdout, stderr), stop);
        clean(box);
        return ending;
    }

    private record Streams(Capture stdout, Capture stderr) {}

    private int runToEnd(int box, Stage stage, Command command, Streams streams, Stop stop)
            throws Fault, InterruptedException {
        OsProcess process;
        try {
            process = OsProcess.start(command, streams.stdout(), streams.stderr());
        } catch (IOException e) {
            throw Faults.sandbox("cannot start " + tool.program(), e);
        }
        boolean ended = false;
        try {
            stop.arm(() -> process.stop(GRACE));
            ended = process.await(stage.limits().wallTime().plus(SLACK)) != null;
        } finally {
            stop.arm(() -> {});
            if (!ended) {
                // SIGTERM first: killed outright, isolate leaves the program running.
                process.stop(GRACE);
                process.awaitUninterrupted();
            }
        }
        if (process.exit() > 1 || !process.awaitStreams()) {
            Residents.kill(tool.uid(box));
            if (!process.awaitStreams()) {
                throw Faults.sandbox("the output of box " + box + " is still open after its end");
            }
        }
        if (!ended) {
            throw Faults.sandbox("isolate kept box " + box + " past its wall time");
        }
        return process.exit();
    }

    private Ending tell(int box, int exit, Streams streams, Stop stop) throws Fault {
        MetaFile meta;
        try {
            meta = MetaFile.parse(Files.readString(meta(box), StandardCharsets.ISO_8859_1));
        } catch (IOException | MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate's meta file of box " + box + " cannot be read", e);
        }
        if (exit > 1 || "XX".equals(meta.status())) {
            throw Faults.sandbox(
                    "isolate failed in box %d: exit %d, status %s, message %s, stderr: %s"
                            .formatted(
                                    box,
                                    exit,
                                    meta.status(),
                                    meta.message(),
                                    tail(streams.stderr().bytes())));
        }
        return new Ending(
                how(meta, streams, stop),
                usage(meta),
                captured(streams.stdout()),
                captured(streams.stderr()),
                meta.status(),
                meta.message());
    }

    private static Ending.How how(MetaFile meta, Streams streams, Stop stop) throws Fault {
        Stop.Reason reason = stop.reason();
        if (streams.stdout().truncated() || streams.stderr().truncated()) {
            return new Ending.Flooded();
        }
        if (meta.interrupted()) {
            if (reason == null) {
                throw Faults.sandbox("somebody else sent isolate a signal: " + meta.values());
            }
            return reason.how();
        }
        try {
            if (meta.timedOut()) {
                return meta.byWallClock() ? new Ending.WallTimeout() : new Ending.CpuTimeout();
            }
            return "SG".equals(meta.status())
                    ? new Ending.Signalled(meta.exitSignal())
                    : new Ending.Exited(meta.exitCode());
        } catch (MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate did not tell how the program ended", e);
        }
    }

    private static Usage usage(MetaFile meta) throws Fault {
        try {
            @Nullable Long group = meta.groupMemoryKib();
            @Nullable Long largest = meta.number("max-rss");
            return new Usage(
                    meta.cpuTime(),
                    meta.wallTime(),
                    group == null ? largest : group,
                    largest,
                    meta.number("csw-voluntary"),
                    meta.number("csw-forced"),
                    meta.has("killed"),
                    meta.has("cg-oom-killed"));
        } catch (MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate's figures cannot be read", e);
        }
    }

    private static Captured captured(Capture capture) {
        return new Captured(capture.bytes(), capture.truncated());
    }

    private static String tail(byte[] stderr) {
        String text = new String(stderr, StandardCharsets.UTF_8).strip();
        return text.substring(Math.max(0, text.length() - 400));
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
