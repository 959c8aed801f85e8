package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.KafkaTrouble;
import boxcar.intake.ResultCodec;
import boxcar.intake.ResultReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** From producing a job to having its result. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description = {
            "Sends jobs at a low, steady rate, and takes the time to each result.",
            "From producing a job to a consumer's reading its result. 'added' is that less the stage's own wall time, as the sandbox measured it.",
        })
final class BenchLatency implements Bench, Callable<Integer> {
    private static final Duration LAST = Duration.ofSeconds(60);

    @Mixin private BenchEngines engines = new BenchEngines();

    @Option(names = "--boxes", description = "Executions at once; default: the number of cores.")
    private int boxes = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--rate",
            defaultValue = "20",
            description = "Jobs a second; default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--jobs",
            defaultValue = "500",
            description = "Jobs that count; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--warm-up",
            defaultValue = "3000",
            description = "Jobs before, as fast as they go; default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Mixin private BenchOutput output = new BenchOutput();

    private record Arrived(long at, byte[] value) {}

    @Override
    public Integer call() throws Exception {
        return output.tell(this);
    }

    @Override
    public BenchKind kind() {
        return BenchKind.LATENCY;
    }

    @Override
    public List<ObjectNode> measure() throws Exception {
        BenchEngines.atLeast("--rate", 0.01, rate);
        BenchEngines.atLeast("--jobs", 1, jobs);
        BenchEngines.atLeast("--boxes", 1, boxes);
        BenchEngines.atLeast("--warm-up", 0, warmUp);
        List<ObjectNode> points = new ArrayList<>();
        for (String engine : engines.list()) {
            points.add(point(engine));
        }
        return points;
    }

    private ObjectNode point(String engine) throws Exception {
        BenchProgram program = BenchProgram.ECHO;
        try (BenchStand stand = BenchStand.open(engine)) {
            try (BenchWorker worker = stand.worker(boxes, Map.of())) {
                worker.awaitReady();
                stand.install(program);
            }
            try (BenchWorker worker = stand.warm(boxes, program, warmUp)) {
                Timeline before = Timeline.of(worker.scrape());
                BenchStand.say("Sending " + jobs + " jobs at " + rate + " a second");
                ObjectNode point = measured(stand, program);
                point.set("steps_ms", Timeline.of(worker.scrape()).since(before).perJob());
                return point;
            }
        }
    }

    private ObjectNode measured(BenchStand stand, BenchProgram program) throws Exception {
        Map<String, Arrived> arrived = new ConcurrentHashMap<>();
        Map<String, Long> sent;
        try (ResultReader results = stand.ownClient().readResults()) {
            Thread reading = Thread.ofPlatform().daemon().start(() -> read(results, arrived));
            try {
                sent = send(stand.ownClient(), program);
                reading.join(LAST);
            } finally {
                end(reading);
            }
        }
        if (arrived.size() < jobs) {
            throw new IOException("only " + arrived.size() + " of " + jobs + " results");
        }
        return told(program, sent, arrived);
    }

    private void read(ResultReader results, Map<String, Arrived> arrived) {
        try {
            while (arrived.size() < jobs) {
                List<BoxcarClient.Raw> batch = results.next(Duration.ofMillis(200));
                long now = System.nanoTime();
                for (BoxcarClient.Raw raw : batch) {
                    String id = raw.key();
                    byte[] value = raw.value();
                    if (id != null && value != null) {
                        arrived.putIfAbsent(id, new Arrived(now, value));
                    }
                }
            }
        } catch (RuntimeException e) {
            // Interrupted when the one who sends has given up.
            if (!KafkaTrouble.isInterrupt(e)) {
                throw e;
            }
        }
    }

    /** No other thread may close its consumer while it polls. */
    private static void end(Thread reading) throws IOException {
        reading.interrupt();
        Peace.keep(() -> {
            try {
                reading.join(LAST);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /**
     * @return when each job was produced, in the time of {@link System#nanoTime}
     */
    private Map<String, Long> send(BoxcarClient sender, BenchProgram program) throws Exception {
        Map<String, Long> sent = new ConcurrentHashMap<>();
        long start = System.nanoTime();
        for (int i = 0; i < jobs; i++) {
            String id = BenchStand.newId();
            byte[] value = BenchStand.bytes(program.job(id));
            long due = start + (long) (i * 1e9 / rate);
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            sent.put(id, System.nanoTime());
            sender.send(JobTopic.EXECUTE, id, value);
        }
        return sent;
    }

    private ObjectNode told(
            BenchProgram program, Map<String, Long> sent, Map<String, Arrived> arrived)
            throws Exception {
        List<Double> whole = new ArrayList<>();
        List<Double> added = new ArrayList<>();
        List<Double> stage = new ArrayList<>();
        String used = "";
        for (var entry : arrived.entrySet()) {
            ObjectNode result = ResultCodec.toJson(entry.getValue().value());
            program.check(result);
            used = result.path("engine").asText();
            long began = Objects.requireNonNull(sent.get(entry.getKey()));
            double millis = (entry.getValue().at() - began) / 1e6;
            double wall = result.path("run").path("wall_time").asDouble() * 1000;
            whole.add(millis);
            stage.add(wall);
            added.add(millis - wall);
        }
        ObjectNode point =
                BenchEngines.point(BenchKind.LATENCY, used)
                        .put("boxes", boxes)
                        .put("jobs", jobs)
                        .put("rate", rate);
        new Spread(whole).tell(point, "");
        new Spread(added).tell(point, "added_");
        new Spread(stage).tell(point, "stage_");
        return point;
    }
}
