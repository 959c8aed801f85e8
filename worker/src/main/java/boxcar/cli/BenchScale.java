package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What becomes of it when there is more. */
@Command(
        name = "scale",
        mixinStandardHelpOptions = true,
        description = {
            "What more of anything does to throughput and memory.",
            "More replicas, a longer backlog, larger or more source files, more tests in a job: measures the dimensions",
            "that are given.",
        })
final class BenchScale implements Bench, Callable<Integer> {
    @Mixin private BenchEngines engines = new BenchEngines();

    @Option(
            names = "--replicas",
            split = ",",
            description = "Workers at once, each with one box: as 1,2,4,8.")
    private List<Integer> replicas = List.of();

    @Option(
            names = "--backlog",
            split = ",",
            description =
                    "Jobs in the topic before the first is taken: as 100000. Beside a backlog of --jobs.")
    private List<Integer> backlogs = List.of();

    @Option(
            names = "--source-bytes",
            split = ",",
            description = "Bytes of a job's source, 64 or more: as 1024,65536,1048576.")
    private List<Integer> sourceBytes = List.of();

    @Option(names = "--files", split = ",", description = "Files of a job: as 1,10,100,1000.")
    private List<Integer> files = List.of();

    @Option(
            names = "--tests",
            split = ",",
            description =
                    "Tests of a job: as 1,10,100,1000. --jobs runs in all, in one box, beside the bare loop.")
    private List<Integer> tests = List.of();

    @Option(
            names = "--boxes",
            description =
                    "Executions at once, but for --replicas and --tests; default: the number of cores.")
    private int boxes = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--jobs",
            defaultValue = "1000",
            description = "Jobs of each point; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--warm-up",
            defaultValue = "2000",
            description = "Jobs before; default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Mixin private BenchOutput output = new BenchOutput();

    @Override
    public Integer call() throws Exception {
        return output.tell(this);
    }

    @Override
    public BenchKind kind() {
        return BenchKind.SCALE;
    }

    @Override
    public List<ObjectNode> measure() throws Exception {
        check();
        List<ObjectNode> points = new ArrayList<>();
        for (String engine : engines.list()) {
            try (BenchStand stand = BenchStand.open(engine)) {
                Scale scale = new Scale(stand, boxes, jobs, warmUp);
                // It installs the runtime, too.
                EngineCalls calls = EngineCalls.record(stand, BenchProgram.ECHO);
                for (int count : replicas) {
                    points.add(scale.replicas(count));
                }
                for (int count : backlogs) {
                    points.add(scale.backlog(count));
                }
                points.addAll(scale.shapes("source-bytes", sourceBytes, Shapes::ofBytes));
                points.addAll(scale.shapes("files", files, Shapes::ofFiles));
                points.addAll(scale.tests(calls, tests));
            }
        }
        return points;
    }

    private void check() {
        BenchEngines.atLeast("--jobs", 1, jobs);
        BenchEngines.atLeast("--boxes", 1, boxes);
        BenchEngines.atLeast("--warm-up", 0, warmUp);
        replicas.forEach(count -> BenchEngines.atLeast("--replicas", 1, count));
        backlogs.forEach(count -> BenchEngines.atLeast("--backlog", 1, count));
        sourceBytes.forEach(count -> BenchEngines.atLeast("--source-bytes", 64, count));
        files.forEach(count -> BenchEngines.atLeast("--files", 1, count));
        tests.forEach(count -> BenchEngines.atLeast("--tests", 1, count));
        if (replicas.isEmpty()
                && backlogs.isEmpty()
                && sourceBytes.isEmpty()
                && files.isEmpty()
                && tests.isEmpty()) {
            throw new UsageException(
                    "give one at least of --replicas, --backlog, --source-bytes, --files, --tests");
        }
    }
}
