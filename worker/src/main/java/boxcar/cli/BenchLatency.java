package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** From producing a job to having its result. */
@Command(
        name = "latency",
        mixinStandardHelpOptions = true,
        description = {
            "Sends jobs at a low, steady rate, and takes the time to each result.",
            "From producing a job to a consumer's reading its result. 'added' is that less the stage's own wall time, as the sandbox measured it.",
        })
final class BenchLatency implements Callable<Integer> {
    @Option(
            names = "--engine",
            defaultValue = "auto",
            description = "isolate, runc or auto; default: ${DEFAULT-VALUE}.")
    private String engine = "auto";

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

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    private final Map<String, Long> sent = new ConcurrentHashMap<>();
    private final Map<String, Arrived> arrived = new ConcurrentHashMap<>();

    private record Arrived(long at, byte[] value) {}

    @Override
    public Integer call() throws Exception {
        if (!(rate > 0) || jobs < 1 || boxes < 1 || warmUp < 0) {
            throw new UsageException("rate, jobs and boxes must be above 0");
        }
        BenchProgram program = BenchProgram.ECHO;
        try (BenchStand stand = BenchStand.open(engine, boxes);
                BenchWorker worker = stand.worker(Map.of())) {
            worker.awaitReady();
            BenchStand.say("Installing the runtime");
            program.install(stand);
            if (warmUp > 0) {
                BenchStand.say("Warming up with " + warmUp + " jobs");
                stand.work(worker, program.jobs(warmUp));
            }
            Timeline before = Timeline.of(worker.scrape());
            BenchStand.say("Sending " + jobs + " jobs at " + rate + " a second");
            try (BoxcarClient reader = stand.client();
                    BoxcarClient sender = stand.client()) {
                Thread reading = read(reader);
                send(sender, program);
                reading.join(TimeUnit.SECONDS.toMillis(60));
            }
            ObjectNode steps = BenchStand.object();
            Timeline.of(worker.scrape()).tell(steps, before);
            print(steps);
        }
        return Exit.WELL;
    }

    private Thread read(BoxcarClient reader) throws InterruptedException {
        CountDownLatch first = new CountDownLatch(1);
        Thread reading =
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> {
                            first.countDown();
                            reader.results(new BoxcarClient.View(null, false, true), this::hasMore);
                        });
        first.await();
        // Its place at the topic's end must be found before the first result comes.
        Thread.sleep(1000);
        return reading;
    }

    private boolean hasMore(BoxcarClient.Raw raw) {
        long now = System.nanoTime();
        String id = raw.key();
        byte[] value = raw.value();
        if (id != null && value != null && sent.containsKey(id)) {
            arrived.putIfAbsent(id, new Arrived(now, value));
        }
        return arrived.size() < jobs;
    }

    private void send(BoxcarClient sender, BenchProgram program) throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < jobs; i++) {
            String id = BenchStand.newId();
            byte[] value = BenchStand.bytes(program.job(id));
            long due = start + (long) (i * 1e9 / rate);
            while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            sent.put(id, System.nanoTime());
            sender.send(JobTopic.EXECUTE, id, value);
        }
    }

    private void print(ObjectNode steps) throws Exception {
        if (arrived.size() < jobs) {
            throw new java.io.IOException("only " + arrived.size() + " of " + jobs + " results");
        }
        List<Double> whole = new ArrayList<>();
        List<Double> added = new ArrayList<>();
        List<Double> stage = new ArrayList<>();
        String used = "";
        for (var entry : arrived.entrySet()) {
            ObjectNode result = ResultCodec.toJson(entry.getValue().value());
            BenchStand.check(result);
            used = result.path("engine").asText();
            long began = java.util.Objects.requireNonNull(sent.get(entry.getKey()));
            double millis = (entry.getValue().at() - began) / 1e6;
            double wall = result.path("run").path("wall_time").asDouble() * 1000;
            whole.add(millis);
            stage.add(wall);
            added.add(millis - wall);
        }
        ObjectNode told =
                BenchStand.object()
                        .put("bench", "latency")
                        .put("engine", used)
                        .put("boxes", boxes)
                        .put("jobs", jobs)
                        .put("rate", rate)
                        .put("cores", Runtime.getRuntime().availableProcessors());
        new Spread(whole).tell(told, "");
        new Spread(added).tell(told, "added_");
        new Spread(stage).tell(told, "stage_");
        told.set("steps_ms", steps);
        if (json) {
            System.out.println(told);
            return;
        }
        Table table = new Table("ENGINE " + used, "P50", "P90", "P99");
        row(table, "produce to result, ms", "", told);
        row(table, "of it the stage", "stage_", told);
        row(table, "added", "added_", told);
        table.print(System.out);
        System.out.println("Mean ms of a step: " + steps);
    }

    private static void row(Table table, String title, String prefix, ObjectNode told) {
        table.row(
                title,
                told.path(prefix + "p50_ms").asText(),
                told.path(prefix + "p90_ms").asText(),
                told.path(prefix + "p99_ms").asText());
    }
}
