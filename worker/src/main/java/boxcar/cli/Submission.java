package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.BoxcarClient;
import boxcar.intake.Decoded;
import boxcar.intake.Format;
import boxcar.intake.JobJson;
import boxcar.intake.JobTopic;
import boxcar.intake.ProgressCodec;
import boxcar.intake.ResultCodec;
import boxcar.intake.UnreadableValue;
import boxcar.job.Fault;
import boxcar.job.Rejection;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends one job, and waits for its result if that is wanted: what the commands that send share. */
final class Submission {
    @Mixin private final Setup setup = new Setup();

    @Option(
            names = {"-w", "--wait"},
            description =
                    "Wait for the result and print it; the exit status tells how the job ended.")
    private boolean wait;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "3600",
            description = "How long to wait; default: ${DEFAULT-VALUE}.")
    private double timeout;

    @Option(names = "--json", description = "Print one JSON object instead of text.")
    private boolean json;

    private final PrintStream out = System.out;

    /** Sends a job file as it is. */
    int send(JobTopic topic, byte[] file) throws Exception {
        Config config = setup.config();
        return send(
                config,
                topic,
                new JobJson(Setup.producerRules(config), Format.JSON).prepare(topic, file));
    }

    /** Sends a job made of options. */
    int send(JobTopic topic, ObjectNode job) throws Exception {
        Config config = setup.config();
        return send(
                config,
                topic,
                new JobJson(Setup.producerRules(config), Format.JSON).prepare(topic, job));
    }

    private int send(Config config, JobTopic topic, JobJson.Prepared prepared) throws Exception {
        return switch (prepared.decoded()) {
            case Decoded.Good(var job, _) -> send(config, topic, job.id(), prepared.value());
            case Decoded.Bad(String id, var kind, _, Rejection rejection, _) ->
                    rejected(id, kind.name(), rejection);
            case Decoded.Newer newer ->
                    throw new UsageException("the job cannot be read: " + newer.message());
            case Decoded.Unreadable(_, String message) ->
                    throw new UsageException("the job cannot be read: " + message);
        };
    }

    private int rejected(String id, String kind, Rejection rejection) {
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        result.put("job_id", id).put("kind", kind).put("outcome", "REJECTED");
        result.set("rejection", JobJson.rejection(rejection));
        print(result);
        System.err.println("boxcar: the job was not sent");
        return Exit.REJECTED;
    }

    private int send(Config config, JobTopic topic, String jobId, byte[] value) throws Exception {
        try (BoxcarClient client = Setup.client(config)) {
            if (!wait) {
                client.send(topic, jobId, value);
                out.println(
                        json
                                ? JsonNodeFactory.instance
                                        .objectNode()
                                        .put("job_id", jobId)
                                        .toString()
                                : jobId);
                return Exit.WELL;
            }
            return sendAndWait(client, topic, jobId, value);
        }
    }

    private int sendAndWait(BoxcarClient client, JobTopic topic, String jobId, byte[] value)
            throws Fault, InterruptedException, UnreadableValue {
        try (BoxcarClient.Awaited awaited = client.awaitResult(jobId)) {
            client.send(topic, jobId, value);
            AtomicBoolean over = new AtomicBoolean();
            Thread watcher = topic == JobTopic.INSTALL && !json ? watch(client, jobId, over) : null;
            Optional<byte[]> result = awaited.within(Duration.ofMillis(Math.round(timeout * 1000)));
            if (watcher != null) {
                over.set(true);
                watcher.join();
            }
            if (result.isEmpty()) {
                System.err.println(
                        "boxcar: no result of job "
                                + jobId
                                + " within "
                                + timeout
                                + " s; it may still come: boxcar results --job "
                                + jobId);
                return Exit.TOO_LATE;
            }
            ObjectNode told = ResultCodec.toJson(result.get());
            print(told);
            return Exit.of(told.path("outcome").asText());
        }
    }

    /** Shows what the job says while it runs, on stderr. */
    private static Thread watch(BoxcarClient client, String jobId, AtomicBoolean over) {
        Thread self = Thread.currentThread();
        BoxcarClient.View all = new BoxcarClient.View(jobId, true, true);
        return Thread.ofVirtual()
                .start(() -> {
                    try {
                        client.progress(
                                all,
                                raw -> {
                                    ProgressCodec.text(raw.value())
                                            .ifPresent(line -> System.err.println("· " + line));
                                    return true;
                                },
                                () -> self.isAlive() && !over.get());
                    } catch (RuntimeException e) {
                        // Watching is a courtesy: the result tells how the job ended.
                    }
                });
    }

    private void print(JsonNode result) {
        if (json) {
            out.println(result);
        } else {
            new ResultView(result).print(out);
        }
    }
}
