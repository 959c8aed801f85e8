package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.Topics;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a benchmark stands on: a broker of its own in a folder of its own, a client, and workers
 * when it asks for some. Closing it, which no interrupt hinders, leaves nothing; whoever asked for
 * a worker closes that first.
 */
final class BenchStand implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Path folder;
    private final LocalBroker broker;
    private final String engine;
    private final Config config;
    private final BoxcarClient client;
    private int workers;

    private BenchStand(Path folder, LocalBroker broker, String engine) throws Exception {
        this.folder = folder;
        this.broker = broker;
        this.engine = engine;
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.putAll(settings("client", 1));
        this.config = Config.read(Optional.empty(), environment);
        this.client = client();
    }

    static BenchStand open(String engine) throws Exception {
        Path folder = Files.createTempDirectory("boxcar-bench-");
        @Nullable LocalBroker broker = null;
        @Nullable BenchStand stand = null;
        try {
            broker = LocalBroker.startForLong(folder.resolve("kafka"));
            BenchStand opened = new BenchStand(folder, broker, engine);
            new Topics(Setup.intake(opened.config)).create(1, _ -> {});
            stand = opened;
            return opened;
        } finally {
            if (stand == null) {
                remove(broker, folder);
            }
        }
    }

    private Map<String, String> settings(String name, int boxes) {
        Map<String, String> settings = new HashMap<>();
        settings.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.address());
        settings.put("BOXCAR_STATE", folder.resolve(name).toString());
        settings.put("BOXCAR_REPLICA", name);
        settings.put("BOXCAR_SANDBOX", engine);
        settings.put("BOXCAR_BOXES", Integer.toString(boxes));
        return settings;
    }

    Path folder() {
        return folder;
    }

    Config config() {
        return config;
    }

    /** What the broker has used of the CPUs so far. */
    Duration brokerCpu() throws IOException {
        return CpuTime.of(broker.pid()).own();
    }

    /** Tells people, who may read only the figures, what goes on. */
    static void say(String line) {
        System.err.println("· " + line);
    }

    /** A client of its own, for a thread of its own. */
    BoxcarClient client() {
        return new BoxcarClient(Setup.intake(config), Setup.wire(config, ""));
    }

    /** The stand's own client, for the thread that measures. */
    BoxcarClient ownClient() {
        return client;
    }

    /** Starts the worker that has run before, if one has: one at a time. */
    BenchWorker worker(int boxes, Map<String, String> more) throws IOException {
        return replica("worker", boxes, more);
    }

    /** Starts a worker with a name and a state folder of its own. */
    BenchWorker replica(String name, int boxes, Map<String, String> more) throws IOException {
        Map<String, String> all = settings(name, boxes);
        all.putAll(more);
        return BenchWorker.start(folder.resolve(name + "-" + workers++ + ".log"), all);
    }

    /** Installs what a program needs. */
    void install(BenchProgram program) throws Exception {
        say("Installing the runtime of " + program.word());
        program.install(this);
    }

    /**
     * Starts the worker, and has it carry out jobs until it is warm.
     *
     * @param jobs how many
     */
    BenchWorker warm(int boxes, Recipe recipe, int jobs) throws Exception {
        BenchWorker worker = worker(boxes, Map.of());
        boolean warm = false;
        try {
            worker.awaitReady();
            if (jobs > 0) {
                say("Warming up with " + jobs + " jobs");
                new Backlog(this, recipe, jobs).carryOut(worker);
            }
            warm = true;
            return worker;
        } finally {
            if (!warm) {
                worker.close();
            }
        }
    }

    /**
     * Sends a job and waits for its result.
     *
     * @throws IOException if it did not succeed
     */
    ObjectNode carryOut(JobTopic topic, ObjectNode job) throws Exception {
        String id = job.path("job_id").asText();
        try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
            client.send(topic, id, bytes(job));
            byte[] value =
                    awaited.within(PATIENCE)
                            .orElseThrow(() -> new IOException("no result of " + id));
            ObjectNode result = ResultCodec.toJson(value);
            check(result);
            return result;
        }
    }

    static void check(JsonNode result) throws IOException {
        if (!result.path("outcome").asText().equals("SUCCEEDED")) {
            throw new IOException("a job did not succeed: " + result);
        }
    }

    static byte[] bytes(JsonNode job) {
        return job.toString().getBytes(StandardCharsets.UTF_8);
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static String newId() {
        return "bench-" + UUID.randomUUID();
    }

    @Override
    public void close() throws IOException {
        Peace.keep(client::close);
        remove(broker, folder);
    }

    private static void remove(@Nullable LocalBroker broker, Path folder) throws IOException {
        Peace.keep(() -> {
            if (broker != null) {
                broker.close();
            }
            Trees.delete(folder);
        });
    }
}
