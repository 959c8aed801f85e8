package boxcar.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A worker in a process of its own, of the same program and Java as this one, with a small heap. It
 * tells what it does in a log file.
 */
final class WorkerProcess {
    private static final Pattern SERVES = Pattern.compile("serves metrics at (http://\\S+)");

    private final Process process;
    private final String name;
    private final Path log;
    private volatile @Nullable Instant killedAt;

    private WorkerProcess(Process process, String name, Path log) {
        this.process = process;
        this.name = name;
        this.log = log;
    }

    /**
     * Starts one.
     *
     * @param environment all of it
     * @param flags of Java, above our own
     */
    static WorkerProcess start(
            String name, Path log, Map<String, String> environment, String... flags)
            throws IOException {
        Files.createDirectories(log.toAbsolutePath().getParent());
        ProcessBuilder builder = new ProcessBuilder(command(flags));
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        return new WorkerProcess(builder.start(), name, log);
    }

    /** The command that starts a worker like this program. */
    static List<String> command(String... flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (!flag.startsWith("-Xmx") && !flag.startsWith("-agentlib")) {
                command.add(flag);
            }
        }
        command.addAll(List.of("-Xmx192m", "-XX:TieredStopAtLevel=1"));
        // The worker's own, also where tests have another on their class path.
        command.add("-Dlogback.configurationFile=logback.xml");
        command.addAll(List.of(flags));
        command.addAll(List.of("-cp", classPath(), "boxcar.cli.Main", "worker"));
        return command;
    }

    /** Surefire hides the tests' class path in a jar; it tells it here. */
    private static String classPath() {
        return System.getProperty(
                "surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Where it serves its metrics; empty while it does not. */
    Optional<URI> metrics() throws IOException {
        Matcher told =
                SERVES.matcher(
                        Files.exists(log)
                                ? Files.readString(log, StandardCharsets.ISO_8859_1)
                                : "");
        return told.find() ? Optional.of(URI.create(told.group(1))) : Optional.empty();
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** When it was killed; null if it was not. */
    @Nullable Instant killedAt() {
        return killedAt;
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        killedAt = Instant.now();
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    /**
     * @return its exit status; null if it has not ended in time
     */
    @Nullable Integer awaitExit(long seconds) throws InterruptedException {
        return process.waitFor(seconds, TimeUnit.SECONDS)
                ? Integer.valueOf(process.exitValue())
                : null;
    }
}
