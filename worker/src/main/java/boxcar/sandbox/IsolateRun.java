package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
    /** From SIGTERM to SIGKILL. isolate ends the program on SIGTERM only, and needs time for it. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    /** How long isolate may take to start the program and to end, on a busy host. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private static final Duration TICK = Duration.ofMillis(20);
    private static final int KIB = 1024;

    /** A dozen lines; the message of one may have a path. */
    private static final int LONGEST_META = 1 << 14;

    private final int box;
    private final int user;
    private final Stage stage;
    private final Stop stop;
    private final MemoryFile meta;
    private final @Nullable Cgroup group;
    private final Capture stdout;
    private final Capture stderr;

    IsolateRun(int box, int user, Stage stage, Stop stop, MemoryFile meta, @Nullable Cgroup group) {
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
            process = OsProcess.attend(command, files, starter, stdout, stderr);
        } catch (IOException e) {
            throw Faults.sandbox("cannot start " + command.argv().getFirst(), e);
        }
        int exit;
        try {
            exit = runToEnd(process);
        } finally {
            process.giveUpStreams();
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
        Duration mostCpu = stage.limits().cpuTime().plus(stage.limits().extraTime());
        long end = System.nanoTime() + most.toNanos();
        while (process.await(TICK) == null) {
            if (group.cpuNanos() > mostCpu.toNanos()) {
                stop.because(Stop.Reason.CPU_TIME);
            }
            if (System.nanoTime() > end) {
                return false;
            }
        }
        return true;
    }

    private MetaFile read() throws Fault {
        try {
            return MetaFile.parse(new String(meta.read(LONGEST_META), ISO_8859_1));
        } catch (IOException | MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate's meta file of box " + box + " cannot be read", e);
        }
    }

    private Ending tell(MetaFile told) throws Fault {
        try {
            boolean oomKilled = group == null ? told.has("cg-oom-killed") : group.oomKilled();
            Duration cpu = group == null ? told.cpuTime() : Duration.ofNanos(group.cpuNanos());
            Ending.How own = told.interrupted() ? null : own(told);
            boolean forMemory = Endings.diedForMemory(own, oomKilled);
            Ending.How how = own != null && forMemory && !flooded() ? own : how(told, own, cpu);
            boolean killed = told.has("killed") || forMemory;
            return Endings.tell(how, usage(told, cpu, killed, oomKilled), stdout, stderr);
        } catch (MetaFile.MetaFileException e) {
            throw Faults.sandbox("isolate did not tell how the program ended", e);
        }
    }

    private boolean flooded() {
        return stdout.exceeded() || stderr.exceeded();
    }

    /**
     * @param own how it ended; null if that was by us
     */
    private Ending.How how(MetaFile told, Ending.@Nullable How own, @Nullable Duration cpu)
            throws Fault {
        if (flooded()) {
            return new Ending.Flooded(told.has("killed") ? null : own);
        }
        if (own == null) {
            Stop.Reason reason = stop.reason();
            if (reason == null) {
                throw Faults.sandbox("somebody else sent isolate a signal: " + told.values());
            }
            return reason.how();
        }
        boolean late = cpu != null && cpu.compareTo(stage.limits().cpuTime()) > 0;
        return late && !(own instanceof Ending.WallTimeout) ? new Ending.CpuTimeout() : own;
    }

    private Ending.How own(MetaFile told) throws Fault {
        if (told.timedOut()) {
            return told.byWallClock() ? new Ending.WallTimeout() : new Ending.CpuTimeout();
        }
        if (group != null && group.cpuNanos() == 0) {
            throw Faults.sandbox("the program did not join its control group: " + told.values());
        }
        return "SG".equals(told.status())
                ? new Ending.Signalled(told.exitSignal())
                : new Ending.Exited(told.exitCode());
    }

    private Usage usage(MetaFile told, @Nullable Duration cpu, boolean killed, boolean oomKilled)
            throws Fault {
        @Nullable Long largest = told.number("max-rss");
        @Nullable Long ofGroup = group == null ? told.groupMemoryKib() : group.memoryPeakKib();
        return new Usage(
                cpu,
                told.wallTime(),
                ofGroup == null ? largest : ofGroup,
                largest,
                told.number("csw-voluntary"),
                told.number("csw-forced"),
                killed,
                oomKilled,
                false,
                group == null ? null : group.processRefused());
    }
}
