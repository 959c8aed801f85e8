package boxcar.cli;

import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.Decoded;
import boxcar.intake.Format;
import boxcar.intake.JobJson;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.job.Sandbox.MemoryLimit;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the main job on this host, from Kafka to Kafka. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Shows it at work on this host, with a Kafka of its own.",
            "Starts a Kafka broker and a worker, installs two runtimes through Kafka, executes programs in them, and",
            "prints what came back from the results topic. Takes everything down again. Exit status 0 only if each",
            "ended as expected.",
        })
final class DemoCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    /** What is shown: a job of {@code examples/} and the verdicts that it may get. */
    private record Act(String title, JobTopic topic, String file, Set<String> expected) {}

    @Option(
            names = "--json",
            description = "Print each result as one line of JSON instead of the table.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Thread here = Thread.currentThread();
        StopSignals.hear(_ -> here.interrupt());
        Path folder = Files.createTempDirectory("boxcar-demo-");
        try (Cleanup _ = Cleanup.of(folder);
                LocalCluster cluster = LocalCluster.start(folder, 0, 0, DemoCommand::say);
                BoxcarClient client =
                        new BoxcarClient(
                                Setup.intake(cluster.config()), Setup.wire(cluster.config(), ""))) {
            try {
                return show(cluster, client);
            } finally {
                // A signal interrupts what is shown; what follows is to be done in peace.
                Thread.interrupted();
            }
        }
    }

    private static void say(String line) {
        System.err.println("· " + line);
    }

    private int show(LocalCluster cluster, BoxcarClient client) throws Exception {
        boolean group = cluster.replica().sandbox().engine().memory() == MemoryLimit.GROUP;
        Map<String, JsonNode> results = new HashMap<>();
        say("Installing two runtimes: jobs go to topic boxcar.install");
        results.putAll(run(cluster, client, installs()));
        List<Act> programs = programs(group);
        say("Executing " + programs.size() + " programs: jobs go to topic boxcar.execute");
        results.putAll(run(cluster, client, programs));
        List<Act> all = new ArrayList<>(installs());
        all.addAll(programs);
        return report(all, results);
    }

    private static List<Act> installs() {
        return List.of(
                new Act(
                        "install perl, interpreted",
                        JobTopic.INSTALL,
                        "runtimes/perl.json",
                        Set.of("OK")),
                new Act("install c, compiled", JobTopic.INSTALL, "runtimes/c.json", Set.of("OK")));
    }

    private static List<Act> programs(boolean group) {
        // Without a memory cgroup the program's allocation fails, and how it dies of that is its
        // own doing.
        Set<String> memory =
                group ? Set.of("MEMORY_LIMIT") : Set.of("MEMORY_LIMIT", "RUNTIME_ERROR", "CRASHED");
        return List.of(
                act("perl: reads stdin, greets", "perl-hello", "OK"),
                act("perl: exits with status 3", "perl-crash", "RUNTIME_ERROR"),
                act("perl: loops for ever", "perl-loop", "CPU_TIME_LIMIT"),
                act("perl: sleeps for ever", "perl-sleep", "WALL_TIME_LIMIT"),
                new Act(
                        "perl: takes all memory",
                        JobTopic.EXECUTE,
                        "jobs/perl-memory.json",
                        memory),
                act("perl: prints without end", "perl-flood", "OUTPUT_LIMIT"),
                act("c: adds up numbers", "c-sum", "OK"),
                act("c: does not compile", "c-broken", "COMPILE_ERROR"),
                act("c: follows a null pointer", "c-crash", "CRASHED"),
                act("c: three tests, one wrong", "c-tests", "WRONG_ANSWER"));
    }

    private static Act act(String title, String file, String expected) {
        return new Act(title, JobTopic.EXECUTE, "jobs/" + file + ".json", Set.of(expected));
    }

    /** Sends all the jobs, then waits for all the results. */
    private static Map<String, JsonNode> run(
            LocalCluster cluster, BoxcarClient client, List<Act> acts) throws Exception {
        Examples examples = new Examples();
        JobJson jobs = new JobJson(Setup.producerRules(cluster.config()), Format.JSON);
        Map<String, JsonNode> results = new HashMap<>();
        Map<String, BoxcarClient.Awaited> awaited = new HashMap<>();
        try {
            for (Act act : acts) {
                JobJson.Prepared prepared = jobs.prepare(act.topic(), examples.read(act.file()));
                if (!(prepared.decoded() instanceof Decoded.Good(var job, _))) {
                    throw new UsageException(
                            "examples/" + act.file() + " is no good job: " + prepared.decoded());
                }
                awaited.put(act.file(), client.awaitResult(job.id()));
                client.send(act.topic(), job.id(), prepared.value());
            }
            for (var entry : awaited.entrySet()) {
                Optional<byte[]> result = entry.getValue().within(PATIENCE);
                if (result.isPresent()) {
                    results.put(entry.getKey(), ResultCodec.toJson(result.get()));
                }
            }
        } finally {
            awaited.values().forEach(BoxcarClient.Awaited::close);
        }
        return results;
    }

    private int report(List<Act> acts, Map<String, JsonNode> results) {
        Table table = new Table("", "JOB", "ENDED AS", "CPU", "WALL", "MEMORY", "PRINTED");
        boolean well = true;
        for (Act act : acts) {
            JsonNode result = results.get(act.file());
            String verdict = result == null ? "no result" : verdict(result);
            boolean expected = act.expected().contains(verdict);
            well &= expected;
            JsonNode stage = result == null ? MissingNode.getInstance() : mainStage(result);
            table.row(
                    expected ? "✓" : "✗",
                    act.title(),
                    expected
                            ? verdict
                            : verdict + ", expected " + String.join(" or ", act.expected()),
                    ResultView.seconds(stage.path("cpu_time")),
                    ResultView.seconds(stage.path("wall_time")),
                    ResultView.kilobytes(stage.path("memory")),
                    excerpt(stage));
            if (json && result != null) {
                System.out.println(result);
            }
        }
        if (!json) {
            System.out.println();
            table.print(System.out);
            System.out.println();
            System.out.println(
                    well
                            ? "All ended as expected. Next: ./boxcar dev, and docs/jobs.md."
                            : "Not all ended as expected: ./boxcar doctor tells what this host lacks.");
        }
        return well ? Exit.WELL : Exit.NOT_WELL;
    }

    private static String verdict(JsonNode result) {
        JsonNode verdict = result.path("verdict");
        if (verdict.isTextual()) {
            return verdict.asText();
        }
        JsonNode why =
                result.path("rejection").isObject()
                        ? result.path("rejection")
                        : result.path("fault");
        return result.path("outcome").asText() + ": " + why.path("message").asText();
    }

    /**
     * The stage that decided: a failed compile, else the run, the first bad test, or the
     * installation.
     */
    private static JsonNode mainStage(JsonNode result) {
        for (JsonNode test : result.path("tests")) {
            if (!"OK".equals(test.path("verdict").asText())) {
                return test.path("run");
            }
        }
        if ("INSTALL".equals(result.path("kind").asText())) {
            return result.path("install");
        }
        return result.path("run").isObject() ? result.path("run") : result.path("compile");
    }

    private static String excerpt(JsonNode stage) {
        byte[] out = ResultView.bytes(stage.path("stdout"));
        byte[] bytes = out.length > 0 ? out : ResultView.bytes(stage.path("stderr"));
        String text =
                new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
                        .strip()
                        .replaceAll("\\s+", " ");
        String size = bytes.length > 48 ? " (" + bytes.length + " bytes)" : "";
        return (text.length() > 48 ? text.substring(0, 47) + "…" : text) + size;
    }

    /** Deletes the demo's folder at the end. */
    private record Cleanup(Path folder) implements AutoCloseable {
        static Cleanup of(Path folder) {
            return new Cleanup(folder);
        }

        @Override
        public void close() throws IOException {
            Trees.delete(folder);
        }
    }
}
