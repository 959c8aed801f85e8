package boxcar.cli;

import static org.awaitility.Awaitility.await;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.Topics;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A broker and workers, each a process of its own, that may be killed. */
final class Field {
    static final Duration PATIENCE = Duration.ofMinutes(4);

    /** The shortest that a broker allows; the groups are set to it, too. */
    static final Duration LOCK = Duration.ofSeconds(15);

    private static final Pattern SERVES =
            Pattern.compile("serves metrics at (http://\\S+)/metrics");

    final Path folder;
    final BoxcarClient client;
    final Config config;
    private final List<WorkerProcess> workers = new ArrayList<>();
    private final @Nullable SlowLink link;
    private LocalBroker broker;

    private Field(@Nullable SlowLink link) throws Exception {
        this.link = link;
        folder = Files.createTempDirectory("boxcar-test-");
        if (System.getProperty("boxcar.broker.classpath") == null) {
            System.setProperty(
                    "boxcar.broker.classpath",
                    System.getProperty(
                            "surefire.test.class.path", System.getProperty("java.class.path")));
        }
        Path directory = folder.resolve("kafka");
        broker =
                link == null
                        ? LocalBroker.start(directory, 0)
                        : LocalBroker.startPatient(directory, link.port());
        if (link != null) {
            link.leadTo(port(broker));
        }
        config = Config.read(Optional.empty(), environment("client"));
        new Topics(Setup.intake(config)).create(1, _ -> {});
        client = new BoxcarClient(Setup.intake(config), Setup.wire(config, ""));
    }

    static Field open() throws Exception {
        return new Field(null);
    }

    /**
     * All clients reach the broker by the link, since it tells them no other address. A broker that
     * is silent for seconds still leads.
     */
    static Field behind(SlowLink link) throws Exception {
        return new Field(link);
    }

    private static int port(LocalBroker broker) {
        String address = broker.address();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private Map<String, String> environment(String name) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", bootstrap());
        environment.put("BOXCAR_STATE", state(name).toString());
        environment.put("BOXCAR_REPLICA", name);
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_LOG_LEVEL", "DEBUG");
        environment.put("BOXCAR_BOXES", "2");
        environment.put("BOXCAR_JOBS_LOCK_SECONDS", "" + LOCK.toSeconds());
        environment.put("BOXCAR_JOBS_BACKOFF_SECONDS", "0.2");
        return environment;
    }

    /** Where Kafka is. */
    String bootstrap() {
        return link == null ? broker.address() : "127.0.0.1:" + link.port();
    }

    Path state(String name) {
        return folder.resolve(name);
    }

    /** A worker that may not be up yet; the name is its state folder's, too. */
    WorkerProcess starting(String name, Map<String, String> more, String... flags)
            throws IOException {
        Map<String, String> environment = environment(name);
        environment.putAll(more);
        WorkerProcess worker =
                WorkerProcess.start(
                        name,
                        folder.resolve(name + "." + workers.size() + ".log"),
                        environment,
                        flags);
        workers.add(worker);
        return worker;
    }

    /** A worker that takes jobs and has made its runtimes. */
    WorkerProcess worker(String name, Map<String, String> more, String... flags)
            throws IOException {
        WorkerProcess worker = starting(name, more, flags);
        await().conditionEvaluationListener(_ -> requireAlive(worker))
                .atMost(PATIENCE)
                .until(() ->
                        ready(worker) == 200
                                && count(worker, "is ready on this host")
                                        >= client.catalogue().size());
        return worker;
    }

    private static void requireAlive(WorkerProcess worker) {
        if (!worker.isAlive()) {
            throw new AssertionError(worker.name() + " ended: " + log(worker));
        }
    }

    WorkerProcess worker(String name) throws IOException {
        return worker(name, Map.of());
    }

    /** The status of /ready; 0 while it is not served. */
    static int ready(WorkerProcess worker) {
        return get(worker, "/ready").map(HttpResponse::statusCode).orElse(0);
    }

    static String whyNotReady(WorkerProcess worker) {
        return get(worker, "/ready").map(HttpResponse::body).orElse("");
    }

    private static Optional<HttpResponse<String>> get(WorkerProcess worker, String path) {
        Matcher address = SERVES.matcher(log(worker));
        if (!address.find()) {
            return Optional.empty();
        }
        try (HttpClient http = HttpClient.newHttpClient()) {
            return Optional.of(
                    http.send(
                            HttpRequest.newBuilder(URI.create(address.group(1) + path)).build(),
                            HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static String log(WorkerProcess worker) {
        try {
            return Files.exists(worker.log())
                    ? Files.readString(worker.log(), StandardCharsets.ISO_8859_1)
                    : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int count(WorkerProcess worker, String words) {
        return log(worker).split(Pattern.quote(words), -1).length - 1;
    }

    /** Until the worker has logged the words so often. */
    static void awaitLog(WorkerProcess worker, String words, int times) {
        await().alias(worker.name() + " says: " + words)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> count(worker, words) >= times);
    }

    void send(JobTopic topic, ObjectNode job) throws Exception {
        client.send(topic, job.path("job_id").asText(), House.JSON.writeValueAsBytes(job));
    }

    /** The first result of a job, however long ago. */
    JsonNode result(ObjectNode job) throws Exception {
        await().alias("a result of " + job.path("job_id"))
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> !results(job).isEmpty());
        return results(job).getFirst();
    }

    /** All the results of a job. */
    List<JsonNode> results(ObjectNode job) throws Exception {
        List<JsonNode> found = new ArrayList<>();
        client.results(
                new BoxcarClient.View(job.path("job_id").asText(), true, false),
                raw -> {
                    try {
                        found.add(
                                ResultCodec.toJson(java.util.Objects.requireNonNull(raw.value())));
                    } catch (boxcar.intake.UnreadableValue e) {
                        throw new AssertionError(e);
                    }
                    return true;
                });
        return found;
    }

    JsonNode run(JobTopic topic, ObjectNode job) throws Exception {
        send(topic, job);
        return result(job);
    }

    void killBroker() throws InterruptedException {
        broker.kill();
    }

    /** The broker does nothing until {@link #continueBroker}; it is not ended. */
    void suspendBroker() throws Exception {
        signalBroker("STOP");
    }

    void continueBroker() throws Exception {
        signalBroker("CONT");
    }

    private void signalBroker(String signal) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + signal, "" + broker.pid()).start();
        if (kill.waitFor() != 0) {
            throw new AssertionError("cannot send SIG" + signal + " to the broker");
        }
    }

    void stopBroker() {
        broker.close();
    }

    void startBroker() throws Exception {
        broker = LocalBroker.start(folder.resolve("kafka"), port(broker));
    }

    /** The folders of runtimes that a replica has. */
    List<String> runtimesOf(String name) throws IOException {
        Path runtimes = state(name).resolve("runtimes");
        if (!Files.isDirectory(runtimes)) {
            return List.of();
        }
        try (var entries = Files.list(runtimes)) {
            return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
        }
    }

    /** Also those that a test which failed has not ended: they would do the jobs of the next. */
    void killWorkers() throws InterruptedException {
        for (WorkerProcess worker : workers) {
            worker.kill();
        }
    }

    void close() throws Exception {
        for (WorkerProcess worker : workers) {
            worker.terminate();
        }
        for (WorkerProcess worker : workers) {
            if (worker.awaitExit(180) == null) {
                worker.kill();
            }
        }
        client.close();
        broker.close();
        Trees.delete(folder);
    }
}
