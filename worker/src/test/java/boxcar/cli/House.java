package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.Topics;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A whole house: a worker on a real broker, with a real sandbox, Nix and SQLite; and its client.
 */
final class House implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final AtomicInteger JOBS = new AtomicInteger();

    final Path folder;
    final Config config;
    final Replica replica;
    final BoxcarClient client;
    private final String bootstrap;

    private House(String bootstrap, Map<String, String> more) throws Exception {
        this.bootstrap = bootstrap;
        this.folder = Files.createTempDirectory("boxcar-test-");
        this.config = config(bootstrap, folder, more);
        new Topics(Setup.intake(config)).create(1, _ -> {});
        this.replica =
                Replica.open(
                        config,
                        message -> {
                            throw new AssertionError("the worker gave up: " + message);
                        });
        this.client = new BoxcarClient(Setup.intake(config), Setup.wire(config, ""));
    }

    static House open(String bootstrap) throws Exception {
        return open(bootstrap, Map.of());
    }

    /**
     * @param more of the worker's environment
     */
    static House open(String bootstrap, Map<String, String> more) throws Exception {
        return new House(bootstrap, more);
    }

    /** Another replica of the same cluster, with an empty disk. */
    Replica another(Path state) throws Exception {
        return Replica.open(config(bootstrap, state, Map.of()), _ -> {});
    }

    private static Config config(String bootstrap, Path state, Map<String, String> more)
            throws Exception {
        Map<String, String> environment = new HashMap<>();
        System.getenv()
                .forEach((name, value) -> {
                    if (name.startsWith("BOXCAR_SANDBOX")) {
                        environment.put(name, value);
                    }
                });
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", bootstrap);
        environment.put("BOXCAR_STATE", state.toString());
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_BOXES", "2");
        environment.put("BOXCAR_JOBS_BACKOFF_SECONDS", "0.1");
        environment.putAll(more);
        return Config.read(Optional.empty(), environment);
    }

    static String newId() {
        return "job-" + JOBS.incrementAndGet();
    }

    /** An execute job of a shell program in the runtime {@code sh}. */
    static ObjectNode sh(String program) {
        return JSON.createObjectNode()
                .put("job_id", newId())
                .put("runtime", "sh")
                .put("source_code", program);
    }

    static ObjectNode json(String text) throws Exception {
        return (ObjectNode) JSON.readTree(text.replace('\'', '"'));
    }

    /**
     * An install job of a runtime whose environment is a plain derivation with these attributes.
     */
    static ObjectNode install(String name, String attributes) {
        return JSON.createObjectNode()
                .put("job_id", newId())
                .put("name", name)
                .put("source_file_name", "main.sh")
                .put("nix_shell", nix(attributes))
                .put("run_script", "exec /bin/sh main.sh \"$@\"");
    }

    static String nix(String attributes) {
        return """
        derivation { name = "env"; system = builtins.currentSystem; builder = "/bin/sh"; args = [];
        %s
        }\
        """
                .formatted(attributes);
    }

    /** Attributes of an environment whose shell runs a hook of ours, as stdenv's runs shellHook. */
    static String hook(String script) {
        return "stdenv = derivation { name = \"stdenv\"; system = builtins.currentSystem;"
                + " builder = \"/bin/sh\"; allowSubstitutes = false;"
                + " args = [ \"-c\" \"/bin/mkdir $out; /bin/cp ${builtins.toFile \"setup\""
                + " \"runHook() { export PATH=/usr/bin:/bin; "
                + script
                + "; }\"} $out/setup\" ]; };";
    }

    JsonNode execute(ObjectNode job) throws Exception {
        return run(JobTopic.EXECUTE, job);
    }

    JsonNode install(ObjectNode job) throws Exception {
        return run(JobTopic.INSTALL, job);
    }

    JsonNode run(JobTopic topic, ObjectNode job) throws Exception {
        return run(topic, job.path("job_id").asText(), JSON.writeValueAsBytes(job));
    }

    JsonNode run(JobTopic topic, String id, byte[] value) throws Exception {
        try (Pending pending = send(topic, id, value)) {
            return pending.result();
        }
    }

    Pending send(JobTopic topic, ObjectNode job) throws Exception {
        return send(topic, job.path("job_id").asText(), JSON.writeValueAsBytes(job));
    }

    Pending send(JobTopic topic, String id, byte[] value) throws Exception {
        BoxcarClient.Awaited awaited = client.awaitResult(id);
        client.send(topic, id, value);
        return new Pending(id, awaited);
    }

    /** A job that was sent. */
    record Pending(String id, BoxcarClient.Awaited awaited) implements AutoCloseable {
        JsonNode result() throws Exception {
            return within(PATIENCE).orElseThrow(() -> new AssertionError("no result of " + id));
        }

        Optional<JsonNode> within(Duration time) throws Exception {
            Optional<byte[]> value = awaited.within(time);
            return value.isEmpty()
                    ? Optional.empty()
                    : Optional.of(ResultCodec.toJson(value.get()));
        }

        @Override
        public void close() {
            awaited.close();
        }
    }

    static String text(JsonNode bytes) {
        return new String(ResultView.bytes(bytes), StandardCharsets.UTF_8);
    }

    static String stdout(JsonNode result) {
        return text(result.path("run").path("stdout"));
    }

    static @Nullable String word(JsonNode value) {
        return value.isTextual() ? value.asText() : null;
    }

    Path state() {
        return config.state();
    }

    @Override
    public void close() throws IOException {
        client.close();
        replica.close();
        Trees.delete(folder);
    }
}
