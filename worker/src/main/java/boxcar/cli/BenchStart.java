package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How soon a worker is there, and what it takes. */
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = {
            "How long a worker takes to start, and what it needs.",
            "From the start of its process until it is ready, and until a job that waited has its result, where group",
            "and runtimes are there already; its memory idle and under load; its CPU idle.",
        })
final class BenchStart implements Bench, Callable<Integer> {
    private static final Duration RESULT = Duration.ofSeconds(60);

    /** After a start, and after a load, the JVM still compiles for some seconds. */
    private static final Duration SETTLED = Duration.ofSeconds(30);

    @Mixin private BenchEngines engines = new BenchEngines();

    @Option(
            names = "--starts",
            defaultValue = "5",
            description = "How often; default: ${DEFAULT-VALUE}.")
    private int starts;

    @Option(
            names = "--idle",
            defaultValue = "20",
            description = "Seconds to watch it idle; default: ${DEFAULT-VALUE}.")
    private int idle;

    @Option(
            names = "--jobs",
            defaultValue = "2000",
            description = "Jobs of the load; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Mixin private BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws Exception {
        return output.tell(this);
    }

    @Override
    public BenchKind kind() {
        return BenchKind.START;
    }

    @Override
    public List<ObjectNode> measure() throws Exception {
        BenchEngines.atLeast("--starts", 1, starts);
        BenchEngines.atLeast("--idle", 1, idle);
        BenchEngines.atLeast("--jobs", 1, jobs);
        if (!withCache()) {
            BenchStand.say(
                    "Workers start without their cache, which the launcher makes within a minute after a build:"
                            + " measure again then");
        }
        List<ObjectNode> points = new ArrayList<>();
        for (String engine : engines.list()) {
            try (BenchStand stand = BenchStand.open(engine)) {
                points.add(point(stand));
            }
        }
        return points;
    }

    /** Whether the launcher finds a cache beside the jars of this build. */
    private static boolean withCache() {
        String jars = System.getProperty("java.class.path");
        Path first = Path.of(jars.split(File.pathSeparator, 2)[0]).toAbsolutePath();
        return Files.exists(first.resolve("../../worker.aot").normalize());
    }

    private ObjectNode point(BenchStand stand) throws Exception {
        try (BenchWorker first = stand.worker(cores(), Map.of())) {
            first.awaitReady();
            stand.install(BenchProgram.ECHO);
        }
        Starts all = new Starts();
        for (int i = 0; i < starts; i++) {
            all.add(start(stand));
        }
        ObjectNode point =
                BenchEngines.point(BenchKind.START, all.engine)
                        .put("starts", starts)
                        .put("aot_cache", withCache())
                        .put("ready_ms", all.median(all.ready))
                        .put("ready_ms_most", Math.round(new Spread(all.ready).most()))
                        .put("first_job_ms", all.median(all.taken))
                        .put("first_result_ms", all.median(all.result));
        watch(stand, point);
        return point;
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** One start, in milliseconds from the start of the process. */
    private record Started(String engine, double ready, double taken, double result) {}

    private static final class Starts {
        private final List<Double> ready = new ArrayList<>();
        private final List<Double> taken = new ArrayList<>();
        private final List<Double> result = new ArrayList<>();
        private String engine = "";

        void add(Started started) {
            engine = started.engine;
            ready.add(started.ready);
            taken.add(started.taken);
            result.add(started.result);
            BenchStand.say(
                    "Ready after %.0f ms, first job taken after %.0f ms, its result after %.0f ms"
                            .formatted(started.ready, started.taken, started.result));
        }

        long median(List<Double> millis) {
            return Math.round(new Spread(millis).median());
        }
    }

    private static Started start(BenchStand stand) throws Exception {
        String id = BenchStand.newId();
        BoxcarClient client = stand.ownClient();
        try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
            client.send(JobTopic.EXECUTE, id, BenchStand.bytes(BenchProgram.ECHO.job(id)));
            try (BenchWorker worker = stand.worker(cores(), Map.of())) {
                double ready = worker.awaitReady().toNanos() / 1e6;
                byte[] value =
                        awaited.within(RESULT)
                                .orElseThrow(() -> new IOException("no result of " + id));
                double done = (System.nanoTime() - worker.started()) / 1e6;
                ObjectNode result = ResultCodec.toJson(value);
                BenchProgram.ECHO.check(result);
                Instant taken = Instant.parse(result.path("started_at").asText());
                return new Started(
                        result.path("engine").asText(),
                        ready,
                        Duration.between(worker.startedAt(), taken).toMillis(),
                        done);
            }
        }
    }

    private void watch(BenchStand stand, ObjectNode point) throws Exception {
        try (BenchWorker worker = stand.worker(cores(), Map.of())) {
            worker.awaitReady();
            Thread.sleep(SETTLED);
            point.put("rss_idle_kb", worker.residentKib());
            point.put("idle_cpu_percent", idleCpu(worker));
            BenchStand.say("Loading it with " + jobs + " jobs");
            try (MemoryWatch memory = MemoryWatch.start(worker)) {
                new Backlog(stand, BenchProgram.ECHO, jobs).carryOut(worker);
                point.put("rss_loaded_kb", memory.most());
            }
            Thread.sleep(SETTLED);
            point.put("rss_after_load_kb", worker.residentKib());
            point.put("idle_after_load_cpu_percent", idleCpu(worker));
        }
    }

    /** Of one core. */
    private double idleCpu(BenchWorker worker) throws Exception {
        Duration before = worker.cpu();
        Thread.sleep(Duration.ofSeconds(idle));
        return Spread.rounded(worker.cpu().minus(before).toMillis() / (idle * 10.0));
    }
}
