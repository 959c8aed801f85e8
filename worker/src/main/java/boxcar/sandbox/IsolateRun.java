package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Stage;
import boxcar.job.Usage;
import boxcar.process.Capture;
import boxcar.process.Command;
import boxcar.process.MemoryFile;
import boxcar.process.OsProcess;
import boxcar.process.StreamFiles;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One {@code isolate --run}: started, watched and told. For one thread. */
final class IsolateRun {
    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration SLACK = Duration.ofSeconds(10);
    private static final Duration TICK = Duration.ofMillis(20);
    private static final int KIB = 1024;
    private static final int SIGKILL = 9;

    /** A dozen lines; the message of one may have a path. */
    private static final int LONGEST_META = 1 << 14;

    /** isolate's keeper and proxy, the thread that starts them, and one in reserve. */
    private static final int OTHERS = 4;

    /** What isolate itself takes of the group's CPU time at most; measured 3 to 6 ms. */
    private static final Duration OWN_CPU = Duration.ofMillis(15);

    private final int box;
    private final int user;
    private final Stage stage;
    private final Stop stop;
    private final MemoryFile meta;
    private final @Nullable OwnGroup group;
    private final Capture stdout;
    private final Capture stderr;

    IsolateRun(
            int box, int user, Stage stage, Stop stop, MemoryFile meta, @Nullable OwnGroup group) {
        this.box = box;
        this.user = user;
        this.stage = stage;
        this.stop = stop;
        this.meta = meta;
        this.group = group;
        long most = stage.limits().maxOutputBytes();
        int cap = Math.multiplyExact(stage.outputCapKib(), KIB);
        Runnable flooded = () -> stop.because(Stop.Reason.FLOODED);
        stdout = new Capture(most, cap, stage.listener()::printedToStdout, flooded);
        stderr = new Capture(most, cap, stage.listener()::printed, flooded);
    }

    Ending run(Command command, StreamFiles files, OsProcess.Starter starter)
            throws Fault, InterruptedException {
        OsProcess process;
        try {
            process = start(command, files, starter);
        } catch (IOException e) {
            if (group != null && group.cgroup().memoryRanOut()) {
                // Arguments and environment alone are more than the stage may have.
                return withoutAWord();
            }
            throw Faults.sandbox("cannot start " + command.argv().getFirst(), e);
        }
        int exit;
        try {
            exit = runToEnd(process);
        } finally {
            process.giveUpStreams();
        }
        if (exit == 128 + SIGKILL && group != null && group.cgroup().oomKilled()) {
            return withoutAWord();
        }
        MetaFile told = read();
        if (exit > 1 || "XX".equals(told.status())) {
            throw Faults.sandbox(
                    "isolate failed in box %d: exit %d, status %s, message %s, stderr: %s"
                            .formatted(
                                    box,
                                    exit,
                                    told.status(),
                                    told.message(),
                                    Faults.lastWords(stderr.bytes())));
        }
        return tell(told);
    }

    private OsProcess start(Command command, StreamFiles files, OsProcess.Starter starter)
            throws Fault, IOException {
        if (group != null) {
            group.cgroup()
                    .begin(stage.limits().memoryKib(), stage.limits().maxProcesses() + OTHERS);
        }
        return OsProcess.attend(command, files, starter, stdout, stderr);
    }

    private int runToEnd(OsProcess process) throws Fault, InterruptedException {
        boolean ended = false;
        try {
            stop.arm(() -> process.stop(GRACE));
            ended = watch(process);
        } finally {
            stop.arm(() -> {});
            if (!ended) {
                // SIGTERM first: killed outright, isolate leaves the program running.
                process.stop(GRACE);
                process.awaitUninterrupted();
            }
        }
        if (process.exit() > 1 || !process.awaitStreams()) {
            Residents.kill(user);
            if (!process.awaitStreams()) {
                process.giveUpStreams();
                throw Faults.sandbox("the output of box " + box + " is still open after its end");
            }
        }
        if (!ended) {
            throw Faults.sandbox("isolate kept box " + box + " past its wall time");
        }
        return process.exit();
    }

    /**
     * @return whether it ended in time
     */
    private boolean watch(OsProcess process) throws Fault, InterruptedException {
        Duration most = stage.limits().wallTime().plus(SLACK);
        if (group == null) {
            return process.await(most) != null;
        }
        Duration mostCpu = stage.limits().cpuTime().plus(stage.limits().extraTime()).plus(OWN_CPU);
        long end = System.nanoTime() + most.toNanos();
        while (process.await(TICK) == null) {
            Long cpu = group.cgroup().cpuNanos();
            if (cpu != null && cpu > mostCpu.toNanos()) {
                stop.because(Stop.Reason.CPU_TIME);
            }
            if (System.nanoTime() > end) {
                return false;
            }
        }
        return true;
    }

    /**
     * The kernel killed isolate itself for memory, which a program can bring about: by files in
     * /dev/shm, say, when no process of its own is larger. Then that is how it ended.
     */
    private Ending withoutAWord() throws Fault {
        Ending.How how = new Ending.Signalled(SIGKILL);
        return new Ending(
                how,
                new Usage(groupCpu(), null, peak(), null, null, null, false, true),
                captured(stdout),
                captured(stderr),
                "SG",
                "Caught fatal signal 9");
    }

    private MetaFile read() throws Fault {
        try {
            return MetaFile.parse(new String(meta.read(LONGEST_META), ISO_8859_1));
        } catch (IOException | MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate's meta file of box " + box + " cannot be read", e);
        }
    }

    private Ending tell(MetaFile told) throws Fault {
        Usage usage = usage(told);
        Ending.How how = how(told, usage);
        boolean ours = how instanceof Ending.CpuTimeout && !told.timedOut();
        return new Ending(
                how,
                usage,
                captured(stdout),
                captured(stderr),
                ours ? "TO" : told.status(),
                ours ? "Time limit exceeded" : told.message());
    }

    private Ending.How how(MetaFile told, Usage usage) throws Fault {
        Stop.Reason reason = stop.reason();
        if (stdout.exceeded() || stderr.exceeded()) {
            return new Ending.Flooded();
        }
        if (told.interrupted()) {
            if (reason == null) {
                throw Faults.sandbox("somebody else sent isolate a signal: " + told.values());
            }
            return reason.how();
        }
        try {
            if (told.timedOut()) {
                return told.byWallClock() ? new Ending.WallTimeout() : new Ending.CpuTimeout();
            }
            if (usage.cpuTime() != null
                    && usage.cpuTime().compareTo(stage.limits().cpuTime()) > 0) {
                return new Ending.CpuTimeout();
            }
            return "SG".equals(told.status())
                    ? new Ending.Signalled(told.exitSignal())
                    : new Ending.Exited(told.exitCode());
        } catch (MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate did not tell how the program ended", e);
        }
    }

    private Usage usage(MetaFile told) throws Fault {
        try {
            @Nullable Long largest = told.number("max-rss");
            @Nullable Long ofGroup = group == null ? told.groupMemoryKib() : peak();
            return new Usage(
                    cpu(told),
                    told.wallTime(),
                    ofGroup == null ? largest : ofGroup,
                    largest,
                    told.number("csw-voluntary"),
                    told.number("csw-forced"),
                    told.has("killed"),
                    told.has("cg-oom-killed") || (group != null && group.cgroup().oomKilled()));
        } catch (MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate's figures cannot be read", e);
        }
    }

    /** isolate's figure knows only of children that were waited for; the group's of all. */
    private @Nullable Duration cpu(MetaFile told) throws Fault {
        Duration own = told.cpuTime();
        Duration all = groupCpu();
        return own == null || all == null || own.compareTo(all) > 0 ? own : all;
    }

    /** What the program used, by the group's figure, at least: without what isolate may have. */
    private @Nullable Duration groupCpu() throws Fault {
        Long nanos = group == null ? null : group.cgroup().cpuNanos();
        return nanos == null ? null : Duration.ofNanos(Math.max(0, nanos - OWN_CPU.toNanos()));
    }

    private @Nullable Long peak() throws Fault {
        return group == null ? null : group.cgroup().memoryPeakKib();
    }

    private static Captured captured(Capture capture) {
        return new Captured(capture.bytes(), capture.truncated());
    }
}
