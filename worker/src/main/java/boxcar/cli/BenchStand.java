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
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * What a benchmark stands on: a broker of its own in a folder of its own, clients, and workers when
 * it asks for some.
 */
final class BenchStand implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final Path folder;
    private final LocalBroker broker;
    private final Map<String, String> settings;
    private final Config config;
    private final BoxcarClient client;
    private int workers;

    private BenchStand(
            Path folder, LocalBroker broker, Map<String, String> settings, Config config) {
        this.folder = folder;
        this.broker = broker;
        this.settings = settings;
        this.config = config;
        this.client = client();
    }

    static BenchStand open(String engine, int boxes) throws Exception {
        Path folder = Files.createTempDirectory("boxcar-bench-");
        LocalBroker broker = LocalBroker.start(folder.resolve("kafka"), 0);
        Map<String, String> settings = new HashMap<>();
        settings.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.address());
        settings.put("BOXCAR_STATE", folder.resolve("worker").toString());
        settings.put("BOXCAR_SANDBOX", engine);
        settings.put("BOXCAR_BOXES", Integer.toString(boxes));
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.putAll(settings);
        Config config = Config.read(Optional.empty(), environment);
        new Topics(Setup.intake(config)).create(1, _ -> {});
        return new BenchStand(folder, broker, settings, config);
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

    /** Starts a worker; several need state folders of their own among the settings. */
    BenchWorker worker(Map<String, String> more) throws IOException {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(more);
        return BenchWorker.start(folder.resolve("worker-" + workers++ + ".log"), all);
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
            ObjectNode result = ResultCodec.toJson(awaited.within(PATIENCE).orElseThrow());
            check(result);
            return result;
        }
    }

    static void check(JsonNode result) throws IOException {
        if (!result.path("outcome").asText().equals("SUCCEEDED")) {
            throw new IOException("a job did not succeed: " + result);
        }
    }

    /** When a result was published, and what it says. */
    record Timed(Instant at, byte[] value) {}

    /**
     * Lets a worker that is held still go on with a backlog.
     *
     * @return the results, by job
     */
    Map<String, Timed> work(BenchWorker worker, Map<String, byte[]> jobs) throws Exception {
        worker.hold();
        client.sendAll(JobTopic.EXECUTE, jobs);
        Map<String, Timed> results = new LinkedHashMap<>();
        long end = System.nanoTime() + PATIENCE.toNanos();
        Thread go =
                Thread.ofVirtual()
                        .unstarted(() -> {
                            try {
                                Thread.sleep(500);
                                worker.goOn();
                            } catch (IOException | InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        go.start();
        Runnable pause = new Pause();
        client.results(
                new BoxcarClient.View(null, false, true),
                raw -> {
                    if (raw.value() != null && raw.key() != null && jobs.containsKey(raw.key())) {
                        results.putIfAbsent(raw.key(), new Timed(raw.at(), raw.value()));
                        pause.run();
                    }
                    return results.size() < jobs.size() && System.nanoTime() < end;
                });
        go.join();
        return results;
    }

    /**
     * Keeps a reader from asking the broker for each result by itself, which would cost more than
     * some of what is measured. A result's time is its record's, not that of its reading.
     */
    private static final class Pause implements Runnable {
        private static final Duration BETWEEN = Duration.ofMillis(200);

        private long last = System.nanoTime();

        @Override
        public void run() {
            if (System.nanoTime() - last > BETWEEN.toNanos()) {
                LockSupport.parkNanos(BETWEEN.toNanos());
                last = System.nanoTime();
            }
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
        client.close();
        broker.close();
        Trees.delete(folder);
    }
}
