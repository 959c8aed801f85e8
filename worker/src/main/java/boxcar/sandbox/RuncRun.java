package boxcar.sandbox;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.Usage;
import boxcar.process.Capture;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import boxcar.process.Talk;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One stage in a runc container: started, watched and told. For one thread. */
final class RuncRun {
    private static final Duration TICK = Duration.ofMillis(20);
    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration END = Duration.ofSeconds(10);
    private static final int KIB = 1024;
    private static final int SIGKILL = 9;

    private final Stage stage;
    private final Stop stop;
    private final int user;
    private final Cgroup group;
    private final Talk talk;
    private final Capture stdout;
    private final Capture stderr;

    RuncRun(Stage stage, Stop stop, int user, Cgroup group, Talk talk) {
        this.stage = stage;
        this.stop = stop;
        this.user = user;
        this.group = group;
        this.talk = talk;
        long most = stage.limits().maxOutputBytes();
        int cap = Math.multiplyExact(stage.outputCapKib(), KIB);
        Runnable flooded = () -> stop.because(Stop.Reason.FLOODED);
        stdout = new Capture(most, cap, stage.listener()::printedToStdout, flooded);
        stderr = new Capture(most, cap, stage.listener()::printed, flooded);
    }

    Ending run(List<String> argv, OsProcess.Handed handed, OsProcess.Starter starter)
            throws Fault, InterruptedException {
        OsProcess runc;
        try {
            runc =
                    OsProcess.attend(
                            new Command(
                                    argv,
                                    Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                                    stage.stdin()),
                            handed,
                            starter,
                            stdout,
                            stderr);
        } catch (IOException e) {
            throw Faults.sandbox("cannot start runc", e);
        }
        boolean ended = false;
        try {
            Ending ending = follow(runc);
            ended = true;
            return ending;
        } finally {
            if (!ended) {
                runc.kill();
                runc.awaitUninterrupted();
                runc.giveUpStreams();
            }
        }
    }

    private Ending follow(OsProcess runc) throws Fault, InterruptedException {
        awaitReady(runc);
        group.begin(stage.limits().memoryKib(), stage.limits().maxProcesses());
        say("go");
        @Nullable String line = watch(runc);
        if (line == null) {
            return withoutAWord(runc);
        }
        Figures figures = new Figures(group.cpuNanos(), group.memoryPeakKib(), group.oomKilled());
        say("bye");
        if (runc.await(END) == null || !runc.awaitStreams()) {
            throw Faults.sandbox("a container did not end: " + said());
        }
        return tell(RuncReport.parse(line), figures);
    }

    /**
     * The container is gone and its first process told nothing. A program can bring that about: it
     * can fill its memory so that the kernel kills the first process too. Then that is how it
     * ended; otherwise the sandbox failed.
     */
    private Ending withoutAWord(OsProcess runc) throws Fault, InterruptedException {
        runc.awaitStreams();
        if (!group.memoryRanOut()) {
            throw Faults.sandbox("a container ended without a word: " + said());
        }
        Long cpu = group.cpuNanos();
        Ending.How how = new Ending.Signalled(SIGKILL);
        return new Ending(
                how,
                new Usage(
                        cpu == null ? null : Duration.ofNanos(cpu),
                        null,
                        group.memoryPeakKib(),
                        null,
                        null,
                        null,
                        false,
                        true),
                new Captured(stdout.bytes(), stdout.truncated()),
                new Captured(stderr.bytes(), stderr.truncated()),
                status(how),
                message(how));
    }

    private record Figures(@Nullable Long cpuNanos, @Nullable Long memoryKib, boolean oomKilled) {}

    private void awaitReady(OsProcess runc) throws Fault, InterruptedException {
        long end = System.nanoTime() + START.toNanos();
        while (!"ready".equals(runc.hear(TICK))) {
            if (!runc.alive() || System.nanoTime() > end) {
                runc.kill();
                runc.awaitStreams();
                throw Faults.sandbox("runc could not start a container: " + said());
            }
        }
    }

    /**
     * Until the program has ended, by itself or because a limit or a wish was met.
     *
     * @return the report, or null if the container is gone without one
     */
    private @Nullable String watch(OsProcess runc) throws Fault, InterruptedException {
        Limits limits = stage.limits();
        long start = System.nanoTime();
        Duration mostCpu = limits.cpuTime().plus(limits.extraTime());
        while (true) {
            String line = runc.hear(TICK);
            if (line != null || !runc.alive()) {
                return line;
            }
            Long cpu = group.cpuNanos();
            if (cpu != null && cpu > mostCpu.toNanos()) {
                stop.because(Stop.Reason.CPU_TIME);
            }
            if (System.nanoTime() - start > limits.wallTime().toNanos()) {
                stop.because(Stop.Reason.WALL_TIME);
            }
            if (stop.reason() != null) {
                Residents.kill(user);
            }
        }
    }

    private Ending tell(RuncReport report, Figures figures) {
        Duration cpu =
                figures.cpuNanos() == null
                        ? report.cpuTime()
                        : Duration.ofNanos(figures.cpuNanos());
        Ending.How how = how(report, cpu);
        boolean killed = stop.reason() != null && report.signalled();
        return new Ending(
                how,
                new Usage(
                        cpu,
                        report.wallTime(),
                        figures.memoryKib() == null ? report.maxRssKib() : figures.memoryKib(),
                        report.maxRssKib(),
                        report.cswVoluntary(),
                        report.cswForced(),
                        killed,
                        figures.oomKilled()),
                new Captured(stdout.bytes(), stdout.truncated()),
                new Captured(stderr.bytes(), stderr.truncated()),
                status(how),
                message(how));
    }

    private Ending.How how(RuncReport report, Duration cpu) {
        Stop.Reason reason = stop.reason();
        if (stdout.exceeded() || stderr.exceeded()) {
            return new Ending.Flooded();
        }
        if (reason != null && report.signalled() && report.signal() == SIGKILL) {
            return reason.how();
        }
        if (cpu.compareTo(stage.limits().cpuTime()) > 0) {
            return new Ending.CpuTimeout();
        }
        if (report.wallTime().compareTo(stage.limits().wallTime()) > 0) {
            return new Ending.WallTimeout();
        }
        return report.signalled()
                ? new Ending.Signalled(report.signal())
                : new Ending.Exited(report.exitCode());
    }

    /** isolate's words, so that both engines speak alike. */
    private static @Nullable String status(Ending.How how) {
        return switch (how) {
            case Ending.Exited(int code) -> code == 0 ? null : "RE";
            case Ending.Signalled _, Ending.Flooded _, Ending.Cancelled _ -> "SG";
            case Ending.CpuTimeout _, Ending.WallTimeout _ -> "TO";
        };
    }

    private static @Nullable String message(Ending.How how) {
        return switch (how) {
            case Ending.Exited(int code) -> code == 0 ? null : "Exited with error status " + code;
            case Ending.Signalled(int signal) -> "Caught fatal signal " + signal;
            case Ending.Flooded _, Ending.Cancelled _ -> "Interrupted";
            case Ending.CpuTimeout _ -> "Time limit exceeded";
            case Ending.WallTimeout _ -> "Time limit exceeded (wall clock)";
        };
    }

    private void say(String words) throws Fault {
        try {
            talk.say(words);
        } catch (IOException e) {
            throw Faults.sandbox("cannot talk to a container", e);
        }
    }

    private String said() {
        return "it said " + Faults.lastWords(stderr.bytes());
    }
}
