package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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
final class BenchStart implements Callable<Integer> {
    @Option(
            names = "--engine",
            defaultValue = "auto",
            description = "isolate, runc or auto; default: ${DEFAULT-VALUE}.")
    private String engine = "auto";

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

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (starts < 1 || idle < 1 || jobs < 1) {
            throw new UsageException("starts, idle and jobs must be above 0");
        }
        int boxes = Runtime.getRuntime().availableProcessors();
        try (BenchStand stand = BenchStand.open(engine, boxes)) {
            try (BenchWorker first = stand.worker(Map.of())) {
                first.awaitReady();
                BenchStand.say("Installing the runtime");
                BenchProgram.ECHO.install(stand);
            }
            List<Double> ready = new ArrayList<>();
            List<Double> result = new ArrayList<>();
            for (int i = 0; i < starts; i++) {
                start(stand, ready, result);
            }
            ObjectNode told =
                    BenchStand.object()
                            .put("bench", "start")
                            .put("starts", starts)
                            .put("ready_ms", Math.round(new Spread(ready).median()))
                            .put("first_result_ms", Math.round(new Spread(result).median()))
                            .put("ready_ms_most", Math.round(new Spread(ready).most()));
            watch(stand, told);
            print(told);
        }
        return Exit.WELL;
    }

    private static void start(BenchStand stand, List<Double> ready, List<Double> result)
            throws Exception {
        String id = BenchStand.newId();
        try (BoxcarClient client = stand.client();
                BoxcarClient.Awaited awaited = client.awaitResult(id)) {
            client.send(JobTopic.EXECUTE, id, BenchStand.bytes(BenchProgram.ECHO.job(id)));
            try (BenchWorker worker = stand.worker(Map.of())) {
                double millis = worker.awaitReady().toNanos() / 1e6;
                BenchStand.check(
                        ResultCodec.toJson(awaited.within(Duration.ofSeconds(60)).orElseThrow()));
                ready.add(millis);
                result.add((System.nanoTime() - worker.started()) / 1e6);
                BenchStand.say(
                        "Ready after %.0f ms, result after %.0f ms"
                                .formatted(ready.getLast(), result.getLast()));
            }
        }
    }

    private void watch(BenchStand stand, ObjectNode told) throws Exception {
        try (BenchWorker worker = stand.worker(Map.of())) {
            worker.awaitReady();
            Thread.sleep(Duration.ofSeconds(5));
            told.put("rss_idle_kb", worker.residentKib());
            told.put("idle_cpu_percent", idleCpu(worker));
            BenchStand.say("Loading it with " + jobs + " jobs");
            stand.work(worker, BenchProgram.ECHO.jobs(jobs));
            told.put("rss_loaded_kb", worker.residentKib());
            Thread.sleep(Duration.ofSeconds(5));
            told.put("idle_after_load_cpu_percent", idleCpu(worker));
        }
    }

    /** Of one core. */
    private double idleCpu(BenchWorker worker) throws Exception {
        Duration before = worker.cpu();
        Thread.sleep(Duration.ofSeconds(idle));
        return Spread.rounded(worker.cpu().minus(before).toMillis() / (idle * 10.0));
    }

    private void print(ObjectNode told) {
        if (json) {
            System.out.println(told);
            return;
        }
        Table table = new Table("WHAT", "FIGURE");
        table.row("start to ready, ms", told.path("ready_ms").asText());
        table.row("start to first result, ms", told.path("first_result_ms").asText());
        table.row("resident idle, kB", told.path("rss_idle_kb").asText());
        table.row("resident after load, kB", told.path("rss_loaded_kb").asText());
        table.row("CPU idle, % of a core", told.path("idle_cpu_percent").asText());
        table.row(
                "CPU idle after load, % of a core",
                told.path("idle_after_load_cpu_percent").asText());
        table.print(System.out);
    }
}
