package boxcar.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Jobs a second, beside what the engine's own commands do without us. */
@Command(
        name = "throughput",
        mixinStandardHelpOptions = true,
        description = {
            "How many jobs a second a worker carries out, beside a bare loop.",
            "A worker that has a backlog and, in turns with it, the bare loop of the engine's own commands at the same",
            "parallelism. What counts is the ratio.",
        })
final class BenchThroughput implements Callable<Integer> {
    @Option(
            names = "--engine",
            defaultValue = "auto",
            description = "isolate, runc or auto; default: ${DEFAULT-VALUE}.")
    private String engine = "auto";

    @Option(names = "--boxes", description = "Executions at once; default: the number of cores.")
    private int boxes = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--jobs",
            defaultValue = "500",
            description = "Jobs of a round; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description =
                    "Rounds, each of the bare loop and the worker; default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "3000",
            description = "Jobs before the first round; default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--program",
            defaultValue = "echo",
            description = "echo, a shell that prints, or c, compiled and run.")
    private BenchProgram program = BenchProgram.ECHO;

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (boxes < 1 || jobs < boxes || rounds < 1 || warmUp < 0) {
            throw new UsageException("at least one box, one round, and a job for each box");
        }
        try (BenchStand stand = BenchStand.open(engine, boxes)) {
            String used = record(stand);
            BenchStand.say("The bare loop is that of " + used);
            try (BareLoop bare = BareLoop.of(stand.folder(), stand.config(), used, boxes);
                    BenchWorker worker = stand.worker(Map.of())) {
                worker.awaitReady();
                if (warmUp > 0) {
                    BenchStand.say("Warming up with " + warmUp + " jobs");
                    stand.work(worker, program.jobs(warmUp));
                }
                Timeline before = Timeline.of(worker.scrape());
                Rounds measured = measure(stand, bare, worker);
                ObjectNode steps = BenchStand.object();
                Timeline.of(worker.scrape()).tell(steps, before);
                print(used, measured, steps);
            }
        }
        return Exit.WELL;
    }

    /**
     * Installs the runtime, and sees how the engine is called for one job.
     *
     * @return the engine that was used
     */
    private String record(BenchStand stand) throws Exception {
        Path folder = stand.folder();
        try (BenchWorker worker = stand.worker(BareLoop.recorder(folder, stand.config()))) {
            worker.awaitReady();
            BenchStand.say("Installing the runtime");
            program.install(stand);
            BareLoop.forget(folder);
            return stand.carryOut(boxcar.intake.JobTopic.EXECUTE, program.job(BenchStand.newId()))
                    .path("engine")
                    .asText();
        }
    }

    /** What was measured: jobs a second in each round, and the results of all of them. */
    private record Rounds(List<Double> bare, List<Double> worker, List<Double> ratio, Cost cost) {}

    /** CPU time of all rounds: less touched by whatever else the machine does than the clock is. */
    private static final class Cost {
        private Duration bare = Duration.ZERO;
        private Duration worker = Duration.ZERO;
        private Duration stages = Duration.ZERO;
        private Duration broker = Duration.ZERO;
    }

    private Rounds measure(BenchStand stand, BareLoop bare, BenchWorker worker) throws Exception {
        Rounds all =
                new Rounds(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new Cost());
        for (int round = 1; round <= rounds; round++) {
            worker.hold();
            CpuTime bareBegan = CpuTime.of(ProcessHandle.current().pid());
            double before = bare.run(jobs);
            CpuTime began = worker.cpuOfAll();
            Duration brokerBegan = stand.brokerCpu();
            double ours = throughput(stand.work(worker, program.jobs(jobs)));
            worker.hold();
            CpuTime used = worker.cpuOfAll().since(began);
            all.cost.worker = all.cost.worker.plus(used.own());
            all.cost.stages = all.cost.stages.plus(used.children());
            all.cost.broker = all.cost.broker.plus(stand.brokerCpu().minus(brokerBegan));
            double after = bare.run(jobs);
            all.cost.bare =
                    all.cost.bare.plus(
                            CpuTime.of(ProcessHandle.current().pid()).since(bareBegan).children());
            worker.goOn();
            double loop = (before + after) / 2;
            all.bare.add(loop);
            all.worker.add(ours);
            all.ratio.add(ours / loop);
            BenchStand.say(
                    String.format(
                            Locale.ROOT,
                            "Round %d: bare loop %.0f, worker %.0f, bare loop %.0f jobs/s; ratio %.2f",
                            round,
                            before,
                            ours,
                            after,
                            ours / loop));
        }
        return all;
    }

    /** From the first result to the last. */
    private double throughput(Map<String, BenchStand.Timed> results) throws Exception {
        if (results.size() < jobs) {
            throw new java.io.IOException("only " + results.size() + " of " + jobs + " results");
        }
        Instant first = Instant.MAX;
        Instant last = Instant.MIN;
        for (BenchStand.Timed result : results.values()) {
            first = result.at().isBefore(first) ? result.at() : first;
            last = result.at().isAfter(last) ? result.at() : last;
            check(boxcar.intake.ResultCodec.toJson(result.value()));
        }
        return (jobs - 1) * 1000.0 / Math.max(1, Duration.between(first, last).toMillis());
    }

    private void check(ObjectNode result) throws Exception {
        BenchStand.check(result);
        byte[] printed = ResultView.bytes(result.path("run").path("stdout"));
        if (!new String(printed, java.nio.charset.StandardCharsets.UTF_8)
                .equals(program.prints())) {
            throw new java.io.IOException(
                    "a job printed " + Base64.getEncoder().encodeToString(printed));
        }
    }

    private void print(String used, Rounds rounds, ObjectNode steps) {
        Spread ratio = new Spread(rounds.ratio);
        ObjectNode told =
                BenchStand.object()
                        .put("bench", "throughput")
                        .put("program", program.name().toLowerCase(Locale.ROOT))
                        .put("engine", used)
                        .put("boxes", boxes)
                        .put("jobs", jobs)
                        .put("jobs_per_second", Spread.rounded(new Spread(rounds.worker).median()))
                        .put(
                                "bare_loop_per_second",
                                Spread.rounded(new Spread(rounds.bare).median()))
                        .put("ratio", Spread.rounded(ratio.median()))
                        .put("cores", Runtime.getRuntime().availableProcessors());
        int done = jobs * rounds.ratio.size();
        told.put("bare_cpu_ms", millis(rounds.cost.bare, done * 2))
                .put("stages_cpu_ms", millis(rounds.cost.stages, done))
                .put("worker_cpu_ms", millis(rounds.cost.worker, done))
                .put("broker_cpu_ms", millis(rounds.cost.broker, done));
        told.set("steps_ms", steps);
        each(told.putArray("ratios"), rounds.ratio);
        each(told.putArray("each_jobs_per_second"), rounds.worker);
        each(told.putArray("each_bare_loop_per_second"), rounds.bare);
        if (json) {
            System.out.println(told);
            return;
        }
        Table table =
                new Table("ENGINE", "PROGRAM", "BOXES", "JOBS/S", "BARE/S", "RATIO", "FROM", "TO");
        table.row(
                used,
                told.path("program").asText(),
                Integer.toString(boxes),
                told.path("jobs_per_second").asText(),
                told.path("bare_loop_per_second").asText(),
                told.path("ratio").asText(),
                Double.toString(Spread.rounded(ratio.least())),
                Double.toString(Spread.rounded(ratio.most())));
        table.print(System.out);
        System.out.println("Mean ms of a step: " + steps);
        System.out.println(
                "CPU ms a job: bare loop %s; stages %s, worker %s, broker %s"
                        .formatted(
                                told.path("bare_cpu_ms"),
                                told.path("stages_cpu_ms"),
                                told.path("worker_cpu_ms"),
                                told.path("broker_cpu_ms")));
    }

    private static double millis(Duration all, int jobs) {
        return Spread.rounded(all.toNanos() / 1e6 / jobs);
    }

    private static void each(ArrayNode array, List<Double> numbers) {
        numbers.forEach(number -> array.add(Spread.rounded(number)));
    }
}
