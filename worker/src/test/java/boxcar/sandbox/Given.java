package boxcar.sandbox;

import boxcar.job.Bind;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A stage for a test: generous limits, nothing on stdin, no network, unless said otherwise.
 *
 * <p>The wall time is far above the CPU time: on a busy host a program may get a fifteenth of a
 * processor, and a loop must still meet its CPU time first.
 */
record Given(
        List<String> command,
        Path work,
        Map<String, String> environment,
        List<Bind> binds,
        Limits limits,
        byte[] stdin,
        int capKib,
        boolean network,
        Stage.OutputListener listener) {
    static final Limits GENEROUS =
            new Limits(
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(10),
                    Duration.ZERO,
                    512 * 1024,
                    64 * 1024,
                    256,
                    64,
                    1024);

    static Given command(Path work, String... command) {
        return new Given(
                List.of(command),
                work,
                Map.of("PATH", "/usr/bin:/bin"),
                List.of(),
                GENEROUS,
                new byte[0],
                1024,
                false,
                Stage.OutputListener.NONE);
    }

    /** A script for the shell inside the box. */
    static Given sh(Path work, String script) {
        return command(work, "/bin/sh", "-c", script);
    }

    static Given perl(Path work, String script, String... args) {
        var words = new java.util.ArrayList<>(List.of("/usr/bin/perl", "-e", script));
        words.addAll(List.of(args));
        return command(work, words.toArray(String[]::new));
    }

    Given environment(Map<String, String> value) {
        return new Given(command, work, value, binds, limits, stdin, capKib, network, listener);
    }

    Given binds(Bind... value) {
        return new Given(
                command,
                work,
                environment,
                List.of(value),
                limits,
                stdin,
                capKib,
                network,
                listener);
    }

    Given stdin(byte[] value) {
        return new Given(
                command, work, environment, binds, limits, value, capKib, network, listener);
    }

    Given stdin(String value) {
        return stdin(value.getBytes(StandardCharsets.UTF_8));
    }

    /** As much as may be printed is kept. */
    Given capKib(int value) {
        return outputKib(value).keptKib(value);
    }

    Given keptKib(int value) {
        return new Given(
                command, work, environment, binds, limits, stdin, value, network, listener);
    }

    Given outputKib(long value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        limits.extraTime(),
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        value));
    }

    Given online() {
        return new Given(command, work, environment, binds, limits, stdin, capKib, true, listener);
    }

    Given listener(Stage.OutputListener value) {
        return new Given(command, work, environment, binds, limits, stdin, capKib, network, value);
    }

    private Given limits(Limits value) {
        return new Given(
                command, work, environment, binds, value, stdin, capKib, network, listener);
    }

    Given cpu(Duration value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        value,
                        limits.extraTime(),
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given extra(Duration value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        value,
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given wall(Duration value) {
        return limits(
                new Limits(
                        value,
                        limits.cpuTime(),
                        limits.extraTime(),
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given memoryKib(long value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        limits.extraTime(),
                        value,
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given fileSizeKib(long value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        limits.extraTime(),
                        limits.memoryKib(),
                        value,
                        limits.maxOpenFiles(),
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given openFiles(int value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        limits.extraTime(),
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        value,
                        limits.maxProcesses(),
                        limits.maxOutputKib()));
    }

    Given processes(int value) {
        return limits(
                new Limits(
                        limits.wallTime(),
                        limits.cpuTime(),
                        limits.extraTime(),
                        limits.memoryKib(),
                        limits.maxFileSizeKib(),
                        limits.maxOpenFiles(),
                        value,
                        limits.maxOutputKib()));
    }

    Stage stage() {
        return new Stage(
                StageKind.RUN,
                command,
                environment,
                work,
                binds,
                limits,
                stdin,
                capKib,
                network,
                listener);
    }
}
