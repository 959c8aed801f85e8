package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What single parts of the worker take, by JMH: a process of its own, whose jars the launcher names
 * and no worker has.
 */
@Command(
        name = "parts",
        mixinStandardHelpOptions = true,
        description = {
            "What single parts of the worker take, by JMH.",
            "Decode, encode, parsing a meta file, claiming a box, starting a process, setting up a work directory, asking",
            "and writing the ledger; in JVMs of their own.",
        })
final class BenchParts implements Bench, Callable<Integer> {
    /** Of the benchmarks' jars; the launcher sets it. */
    static final String CLASS_PATH = "boxcar.bench.classpath";

    private static final String NAMES = "^boxcar\\..*Bench\\.";

    @Option(
            names = "--part",
            split = ",",
            description = "Some of them, as decode,encode; default: all.")
    private List<String> parts = List.of();

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description =
                    "Seconds to measure each, after three to warm up; default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--forks",
            defaultValue = "2",
            description = "JVMs for each; default: ${DEFAULT-VALUE}.")
    private int forks;

    @Mixin private BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws Exception {
        return output.tell(this);
    }

    @Override
    public BenchKind kind() {
        return BenchKind.PARTS;
    }

    @Override
    public List<ObjectNode> measure() throws Exception {
        BenchEngines.atLeast("--seconds", 1, seconds);
        BenchEngines.atLeast("--forks", 1, forks);
        String jars = System.getProperty(CLASS_PATH, "");
        if (jars.isEmpty()) {
            throw new IOException(
                    "this installation has no benchmarks of parts; start through ./boxcar of the sources");
        }
        Path folder = Files.createTempDirectory("boxcar-bench-");
        try {
            Path results = folder.resolve("parts.json");
            run(command(jars, results), folder);
            return points(new ObjectMapper().readTree(results.toFile()));
        } finally {
            Peace.keep(() -> Mounts.remove(folder));
        }
    }

    private List<String> command(String jars, Path results) {
        // What JMH says on the way is for people, so it goes where that goes.
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >&2", "sh"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // As the worker's, for JMH's JVMs take them over: how parts are compiled counts.
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(jars + ":" + System.getProperty("java.class.path"));
        command.add("org.openjdk.jmh.Main");
        command.addAll(List.of("-rf", "json", "-rff", results.toString(), "-f", "" + forks));
        command.addAll(List.of("-wi", "3", "-w", "1", "-i", "" + seconds, "-r", "1"));
        command.add(parts.isEmpty() ? NAMES : NAMES + "(" + String.join("|", parts) + ")$");
        return command;
    }

    private static void run(List<String> command, Path folder)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        // Where the benchmarks' own folders are, which a JVM that is killed leaves.
        builder.environment().put("BOXCAR_BENCH_FOLDER", folder.toString());
        Process jmh = builder.start();
        boolean ended = false;
        try {
            int exit = jmh.waitFor();
            ended = true;
            if (exit != 0) {
                throw new IOException("JMH failed with exit status " + exit);
            }
        } finally {
            if (!ended) {
                Peace.keep(() -> end(jmh));
            }
        }
    }

    /** It and the JVMs that it has started. */
    private static void end(Process jmh) {
        List<ProcessHandle> all = new ArrayList<>(jmh.descendants().toList());
        all.add(jmh.toHandle());
        all.forEach(ProcessHandle::destroy);
        for (ProcessHandle one : all) {
            try {
                one.onExit().get(10, TimeUnit.SECONDS);
            } catch (Exception _) {
                one.destroyForcibly();
            }
        }
    }

    private static List<ObjectNode> points(JsonNode results) throws IOException {
        List<ObjectNode> points = new ArrayList<>();
        for (JsonNode result : results) {
            String name = result.path("benchmark").asText();
            JsonNode metric = result.path("primaryMetric");
            String unit = metric.path("scoreUnit").asText();
            if (!unit.equals("us/op")) {
                throw new IOException(name + " is in " + unit + ", not in us/op");
            }
            points.add(
                    BenchEngines.point(BenchKind.PARTS, "")
                            .put("part", name.substring(name.lastIndexOf('.') + 1))
                            .put("us", Spread.rounded(metric.path("score").asDouble()))
                            .put("error_us", Spread.rounded(metric.path("scoreError").asDouble(0)))
                            .put("what", name.substring(0, name.lastIndexOf('.'))));
        }
        return points;
    }
}
