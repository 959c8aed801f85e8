package boxcar.sandbox;

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

    /** Far above what a start takes on a busy host. A runc that takes longer hangs. */
    private static final Duration START = Duration.ofMinutes(2);

    private static final Duration END = Duration.ofMinutes(1);
    private static final int KIB = 1024;

    private final Stage stage;
    private final Stop stop;
    private final int user;
    private final @Nullable Cgroup group;
    private final Talk talk;
    private final Capture stdout;
    private final Capture stderr;

    RuncRun(Stage stage, Stop stop, int user, @Nullable Cgroup group, Talk talk) {
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
        say("go");
        @Nullable String line = watch(runc);
        if (line == null) {
            runc.awaitStreams();
            throw Faults.sandbox("a container ended without a word: " + said());
        }
        say("bye");
        if (runc.await(END) == null || !runc.awaitStreams()) {
            throw Faults.sandbox(
                    "a container did not end within %d s after its program; %s"
                            .formatted(END.toSeconds(), said()));
        }
        return tell(RuncReport.parse(line));
    }

    private void awaitReady(OsProcess runc) throws Fault, InterruptedException {
        long end = System.nanoTime() + START.toNanos();
        while (!"ready".equals(runc.hear(TICK))) {
            if (!runc.alive()) {
                runc.awaitStreams();
                throw Faults.sandbox("runc could not start a container: " + said());
            }
            if (System.nanoTime() > end) {
                runc.kill();
                runc.awaitStreams();
                throw Faults.sandbox(
                        "runc has not started the first process of a container within %d s; %s"
                                .formatted(START.toSeconds(), said()));
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
            if (group != null && group.cpuNanos() > mostCpu.toNanos()) {
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

    private Ending tell(RuncReport report) throws Fault {
        boolean oomKilled = group != null && group.oomKilled();
        Duration cpu = group == null ? report.cpuTime() : Duration.ofNanos(group.cpuNanos());
        Ending.How own =
                report.signalled()
                        ? new Ending.Signalled(report.signal())
                        : new Ending.Exited(report.exitCode());
        boolean stopped =
                stop.reason() != null && own.equals(new Ending.Signalled(Endings.SIGKILL));
        if (!stopped && group != null && group.cpuNanos() == 0) {
            throw Faults.sandbox("the program did not join its control group: " + said());
        }
        boolean forMemory = Endings.diedForMemory(own, oomKilled);
        Ending.How how = how(report, own, stopped, forMemory, cpu);
        @Nullable Long peak = group == null ? null : group.memoryPeakKib();
        Usage usage =
                new Usage(
                        cpu,
                        report.wallTime(),
                        peak == null ? report.maxRssKib() : peak,
                        report.maxRssKib(),
                        report.cswVoluntary(),
                        report.cswForced(),
                        stopped || forMemory,
                        oomKilled,
                        false,
                        group == null ? null : group.processRefused());
        return Endings.tell(how, usage, stdout, stderr);
    }

    private Ending.How how(
            RuncReport report, Ending.How own, boolean stopped, boolean forMemory, Duration cpu) {
        Stop.Reason reason = stop.reason();
        if (stdout.exceeded() || stderr.exceeded()) {
            return new Ending.Flooded(stopped ? null : own);
        }
        if (stopped && reason != null) {
            return reason.how();
        }
        if (forMemory) {
            return own;
        }
        if (cpu.compareTo(stage.limits().cpuTime()) > 0) {
            return new Ending.CpuTimeout();
        }
        return report.wallTime().compareTo(stage.limits().wallTime()) > 0
                ? new Ending.WallTimeout()
                : own;
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
