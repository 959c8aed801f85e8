package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** {@code boxcar bench …} in a process of its own, with a folder of its own for temporary files. */
final class BenchProcess {
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final Process process;
    private final Path folder;
    private final Duration patience;

    private BenchProcess(Process process, Path folder, Duration patience) {
        this.process = process;
        this.folder = folder;
        this.patience = patience;
    }

    /**
     * @param folder empty; what the process leaves is found in there
     */
    static BenchProcess start(Path folder, String... arguments) throws IOException {
        return start(folder, PATIENCE, Map.of(), arguments);
    }

    /**
     * @param patience how long to wait for its end; after it the process hangs
     * @param more of the environment
     */
    static BenchProcess start(
            Path folder, Duration patience, Map<String, String> more, String... arguments)
            throws IOException {
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        // A shell that starts the build in the background has it ignore SIGINT.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        List<String> worker = WorkerProcess.command();
        command.addAll(worker.subList(0, worker.indexOf("-cp")));
        command.addAll(
                List.of(
                        "-Djava.io.tmpdir=" + temporary,
                        "-Dboxcar.broker.classpath=" + classPath,
                        "-cp",
                        classPath,
                        "boxcar.cli.Main",
                        "bench"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(Path.of("..").toFile()) // where the examples are
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectOutput(folder.resolve("out").toFile())
                        .redirectError(folder.resolve("err").toFile());
        builder.environment().put("BOXCAR_LOG_LEVEL", "WARN");
        // Numbers of its own: what others leave is not taken for what it leaves.
        builder.environment().put("BOXCAR_BOXES_FIRST", "700");
        builder.environment().put("BOXCAR_BOXES_LAST", "760");
        builder.environment().putAll(more);
        return new BenchProcess(builder.start(), folder, patience);
    }

    /** Its points, once it has ended well and left nothing. */
    List<JsonNode> points() throws Exception {
        assertEquals(Exit.WELL, exit(), this::said);
        assertNothingIsLeft();
        return told();
    }

    /** What it told programs, each line one. */
    List<JsonNode> told() throws IOException {
        List<JsonNode> points = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("out"))) {
            points.add(House.JSON.readTree(line));
        }
        return points;
    }

    int exit() throws InterruptedException {
        assertTrue(process.waitFor(patience), () -> "it did not end: " + said());
        return process.exitValue();
    }

    /** As Ctrl-C does. */
    void interrupt() throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    void end() {
        process.destroyForcibly();
    }

    /** What it told people, and programs. */
    String said() {
        try {
            return Files.readString(folder.resolve("err"))
                    + Files.readString(folder.resolve("out"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    void awaitSaid(String words) {
        await().atMost(Duration.ofMinutes(2)).until(() -> said().contains(words));
    }

    /** Waits until a process runs whose command line has the words, and that is ours. */
    void awaitProcess(String words) {
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> ours().stream().anyMatch(line -> line.contains(words)));
    }

    void assertNothingIsLeft() throws IOException {
        assertEquals(List.of(), ours());
        try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
            // The JVM's own, and of libraries that it loads.
            List<String> names =
                    left.map(path -> path.getFileName().toString())
                            .filter(name -> name.startsWith("boxcar"))
                            .toList();
            assertEquals(List.of(), names);
        }
        String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
        assertTrue(!mounts.contains(folder.toString()), "a mount below " + folder + " is left");
        try (Stream<Path> groups =
                Files.find(
                        Path.of("/sys/fs/cgroup"),
                        2,
                        (path, _) -> path.getFileName().toString().startsWith("boxcar-bench"))) {
            assertEquals(List.of(), groups.toList());
        }
    }

    /** Command lines of processes that have our folder in theirs or in their environment. */
    private List<String> ours() {
        List<String> found = new ArrayList<>();
        ProcessHandle.allProcesses()
                .filter(handle -> handle.pid() != process.pid())
                .forEach(handle -> {
                    String line = read(handle.pid(), "cmdline");
                    if ((line + read(handle.pid(), "environ"))
                            .contains(folder.resolve("tmp").toString())) {
                        found.add(handle.pid() + " " + line.replace('\0', ' '));
                    }
                });
        return found;
    }

    private static String read(long pid, String file) {
        try {
            return new String(
                    Files.readAllBytes(Path.of("/proc", Long.toString(pid), file)),
                    StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
