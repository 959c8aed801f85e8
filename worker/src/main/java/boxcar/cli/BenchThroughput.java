package boxcar.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
final class BenchThroughput implements Bench, Callable<Integer> {
    @Mixin private BenchEngines engines = new BenchEngines();

    @Option(
            names = "--program",
            split = ",",
            defaultValue = "echo",
            description = "echo, a shell that prints, or c, compiled and run, or both.")
    private List<BenchProgram> programs = List.of(BenchProgram.ECHO);

    @Option(
            names = "--boxes",
            split = ",",
            description =
                    "Executions at once; several, as 1,2,4,8, for a series; default: the number of cores.")
    private List<Integer> boxes = List.of(Runtime.getRuntime().availableProcessors());

    @Option(
            names = "--jobs",
            defaultValue = "500",
            description = "Jobs of a round; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description =
                    "Rounds, each of the bare loop, the worker and the bare loop; default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "3000",
            description = "Jobs before the first round; default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Mixin private BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws Exception {
        return output.tell(this);
    }

    @Override
    public BenchKind kind() {
        return BenchKind.THROUGHPUT;
    }

    @Override
    public List<ObjectNode> measure() throws Exception {
        BenchEngines.atLeast("--rounds", 1, rounds);
        BenchEngines.atLeast("--warm-up", 0, warmUp);
        for (int count : boxes) {
            BenchEngines.atLeast("--boxes", 1, count);
            BenchEngines.atLeast("--jobs", count, jobs);
        }
        List<ObjectNode> points = new ArrayList<>();
        for (String engine : engines.list()) {
            try (BenchStand stand = BenchStand.open(engine)) {
                for (BenchProgram program : programs) {
                    EngineCalls calls = EngineCalls.record(stand, program);
                    for (int count : boxes) {
                        points.add(point(stand, calls, program, count));
                    }
                }
            }
        }
        return points;
    }

    private ObjectNode point(BenchStand stand, EngineCalls calls, BenchProgram program, int count)
            throws Exception {
        ObjectNode point =
                BenchEngines.point(BenchKind.THROUGHPUT, calls.engine())
                        .put("program", program.word())
                        .put("boxes", count)
                        .put("jobs", jobs);
        try (BareLoop bare = BareLoop.of(stand, calls, count);
                BenchWorker worker = stand.warm(count, program, warmUp)) {
            Timeline before = Timeline.of(worker.scrape());
            TurnByTurn turns = new TurnByTurn(stand, worker, bare);
            for (int round = 1; round <= rounds; round++) {
                BenchStand.say(
                        "%s, %s, %d boxes, round %d of %d: %s"
                                .formatted(
                                        calls.engine(),
                                        program.word(),
                                        count,
                                        round,
                                        rounds,
                                        turns.take(program, jobs, jobs)));
            }
            turns.tell(point);
            point.set("steps_ms", Timeline.of(worker.scrape()).since(before).perJob());
        }
        return point;
    }

    /** Adds all of some numbers. */
    static void each(ArrayNode array, List<Double> numbers) {
        numbers.forEach(number -> array.add(Spread.rounded(number)));
    }
}
