package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.Topics;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * A worker as an operator runs it: started with what the launcher leaves of root's privileges, with
 * no setting but where Kafka and its state are, and telling what it tells by default.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class ProductionWorkerTest {
    private static final String MARK = "zq8Jf3-told-to-nobody";
    private static final Pattern SERVES = Pattern.compile("serves metrics at http://(\\S+):\\d+/");

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedBroker broker;

    @SuppressWarnings("NullAway.Init")
    private BoxcarClient client;

    @SuppressWarnings("NullAway.Init")
    private Process worker;

    @BeforeAll
    void start() throws Exception {
        folder = Files.createTempDirectory("boxcar-test-");
        broker = EmbeddedBroker.start(folder.resolve("kafka"), 0);
        Config config =
                Config.read(
                        Optional.empty(),
                        Map.of("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers()));
        new Topics(Setup.intake(config)).create(1, _ -> {});
        client = new BoxcarClient(Setup.intake(config), Setup.wire(config, ""));
        worker = worker();
        await().atMost(Duration.ofSeconds(90))
                .until(() -> !worker.isAlive() || log().contains("was followed to its end"));
        assertTrue(worker.isAlive(), this::log);
    }

    /** Through the launcher's own lines, so that they are what is tested. */
    private Process worker() throws Exception {
        List<String> command = new ArrayList<>();
        command.addAll(
                List.of(
                        "bash",
                        "-c",
                        """
                        have() { command -v "$1" >/dev/null 2>&1; }
                        eval "$(sed -n '/^# --- Privileges/,/^}/p' ../boxcar)"
                        give_up_privileges; exec "${unprivileged[@]}" "$@"
                        """,
                        "boxcar"));
        command.addAll(WorkerProcess.command());
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.remove("BOXCAR_LOG_LEVEL");
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("BOXCAR_STATE", folder.resolve("state").toString());
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_JOBS_BACKOFF_SECONDS", "0.5");
        if (isolate().isPresent()) {
            environment.put("BOXCAR_SANDBOX", "isolate");
            environment.put("BOXCAR_SANDBOX_ISOLATE", brittle(isolate().get()).toString());
        }
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("worker.log").toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
    }

    private static Optional<Path> isolate() {
        String named = System.getenv().getOrDefault("BOXCAR_SANDBOX_ISOLATE", "isolate");
        boolean wanted = !"runc".equals(System.getenv("BOXCAR_SANDBOX"));
        return List.of(System.getenv("PATH").split(":", -1)).stream()
                .map(folder -> Path.of(folder, named))
                .filter(path -> wanted && Files.isExecutable(path))
                .findFirst();
    }

    /**
     * An isolate that breaks, after the program has run, while the file {@code broken} is there.
     */
    private Path brittle(Path isolate) throws Exception {
        return Files.writeString(
                Files.createFile(
                        folder.resolve("isolate"),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwxr-xr-x"))),
                """
                #!/bin/sh
                %s "$@" || status=$?
                case " $* " in *' --run '*) if [ -e %s ]; then echo 'it broke' >&2; exit 2; fi ;; esac
                exit ${status:-0}
                """
                        .formatted(isolate, folder.resolve("broken")));
    }

    @AfterAll
    void stop() throws Exception {
        worker.destroy();
        if (!worker.waitFor(40, java.util.concurrent.TimeUnit.SECONDS)) {
            worker.destroyForcibly();
        }
        client.close();
        broker.close();
        Trees.delete(folder);
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("worker.log"), StandardCharsets.ISO_8859_1);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void itHoldsTheCapabilitiesThatAreNeededAndCannotGainOthers() throws Exception {
        List<String> status =
                Files.readAllLines(Path.of("/proc", Long.toString(worker.pid()), "status"));
        Capability.Held held = Capability.Held.of(status);
        // Whoever runs the tests may hold less than all of root's already.
        long most = Capability.Held.ours().bounding() & Capability.all();
        assertEquals(most, held.bounding(), status::toString);
        assertEquals(most, held.effective(), status::toString);
        assertEquals(0, held.needless());
        assertTrue(status.contains("CapInh:\t0000000000000000"), status::toString);
        assertTrue(status.contains("CapAmb:\t0000000000000000"), status::toString);
    }

    @Test
    void itServesItsMetricsToThisHostAlone() {
        var serves = SERVES.matcher(log());
        assertTrue(serves.find(), this::log);
        assertEquals("127.0.0.1", serves.group(1));
    }

    @Test
    void nothingOfAJobIsInItsLog() throws Exception {
        ObjectNode sh = House.install("sh", "x = \"" + MARK + "\";");
        sh.put("run_script", "# " + MARK + "\nexec /bin/sh main.sh \"$@\"");
        assertEquals("SUCCEEDED", outcome(JobTopic.INSTALL, sh));
        assertEquals(
                "FAILED", outcome(JobTopic.INSTALL, House.install("no", MARK + " = ; # " + MARK)));
        assertEquals(
                "SUCCEEDED",
                outcome(JobTopic.EXECUTE, marked("cat; echo \"$1 $M\"; echo " + MARK + " >&2")));
        assertEquals("FAILED", outcome(JobTopic.EXECUTE, marked("echo " + MARK + " >&2; exit 3")));
        assertEquals("FAILED", outcome(JobTopic.EXECUTE, marked("kill -9 $$ # " + MARK)));
        assertEquals("REJECTED", outcome(JobTopic.EXECUTE, marked("").put(MARK, 1)));
        assertEquals("REJECTED", outcome(JobTopic.EXECUTE, House.sh(MARK).put("runtime", MARK)));
        client.send(
                JobTopic.EXECUTE,
                "broken",
                ("{\"job_id\": " + MARK + "}").getBytes(StandardCharsets.UTF_8));
        await().atMost(Field.PATIENCE).until(() -> log().contains("Dead letter: "));
        if (isolate().isPresent()) {
            meetsABrokenSandbox(marked("echo " + MARK + " >&2"));
        }
        assertFalse(log().contains(MARK), this::log);
    }

    /** The sandbox fails at first; how the job ends after that is no matter here. */
    private void meetsABrokenSandbox(ObjectNode job) throws Exception {
        String id = job.path("job_id").asText();
        Path broken = Files.createFile(folder.resolve("broken"));
        try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
            client.send(JobTopic.EXECUTE, id, House.JSON.writeValueAsBytes(job));
            await().atMost(Field.PATIENCE).until(() -> log().contains("it broke"));
            Files.delete(broken);
            assertTrue(awaited.within(Field.PATIENCE).isPresent(), this::log);
        } finally {
            Files.deleteIfExists(broken);
        }
    }

    private static ObjectNode marked(String program) {
        ObjectNode job = House.sh(program).put("stdin", MARK + "\n");
        job.putArray("args").add(MARK);
        job.putObject("env").put("M", MARK);
        job.putArray("output_files").add(MARK);
        return job;
    }

    private String outcome(JobTopic topic, ObjectNode job) throws Exception {
        String id = job.path("job_id").asText();
        try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
            client.send(topic, id, House.JSON.writeValueAsBytes(job));
            JsonNode result =
                    ResultCodec.toJson(
                            awaited.within(Field.PATIENCE)
                                    .orElseThrow(() -> new AssertionError(log())));
            return result.path("outcome").asText();
        }
    }
}
