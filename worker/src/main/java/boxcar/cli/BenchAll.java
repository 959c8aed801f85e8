package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** All benchmarks, one after the other, into a folder. */
@Command(
        name = "all",
        mixinStandardHelpOptions = true,
        description = {
            "Runs every benchmark on each engine that works here.",
            "One after the other; three quarters of an hour on two quiet cores. Writes for each a file of points",
            "(JSON), and a chart (SVG), and puts all tables, and whether the bars are met, into README.md of the folder,",
            "between its two marks.",
        })
final class BenchAll implements Callable<Integer> {
    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            required = true,
            description = "Where the results go: docs/benchmarks.")
    private Path out = Path.of("");

    @Option(
            names = "--only",
            split = ",",
            description =
                    "Some of throughput, latency, parts, scale, start; the others' files stay.")
    private List<String> only = List.of();

    @Option(
            names = "--quick",
            description = "A tenth or less of all numbers: whether it works, not how fast.")
    private boolean quick;

    /** One run of a benchmark: its words on the command line. */
    private record Step(Bench bench, List<String> words) {
        List<ObjectNode> measure() throws Exception {
            CommandLine line = new CommandLine(bench).setCaseInsensitiveEnumValuesAllowed(true);
            try {
                line.parseArgs(words.toArray(String[]::new));
            } catch (ParameterException e) {
                throw new IllegalStateException("bench all asks for " + words, e);
            }
            return bench.measure();
        }

        String title() {
            return bench.kind().word() + " " + String.join(" ", words);
        }
    }

    @Override
    public Integer call() throws Exception {
        if (!Files.isDirectory(out)) {
            throw new UsageException("--out: '" + out + "' must be a folder");
        }
        return Peace.untilStopped(this::all);
    }

    private int all() throws Exception {
        long began = System.nanoTime();
        BenchFiles files = new BenchFiles(out);
        List<String> present = BenchEngines.present();
        for (BenchKind kind : BenchKind.ALL) {
            if (only.isEmpty() || only.contains(kind.word())) {
                List<ObjectNode> points = new ArrayList<>();
                for (Step step : steps(present, kind)) {
                    BenchStand.say("%s, after %s".formatted(step.title(), since(began)));
                    points.addAll(step.measure());
                }
                files.write(kind, points);
            }
        }
        files.write(BenchHost.describe());
        BenchStand.say("All is in " + out + ", after " + since(began));
        return Exit.WELL;
    }

    private static String since(long began) {
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        return "%d min %02d s".formatted(took.toMinutes(), took.toSecondsPart());
    }

    private List<Step> steps(List<String> present, BenchKind kind) {
        return switch (kind.word()) {
            case "throughput" -> throughput(present);
            case "latency" -> latency(present);
            case "parts" ->
                    List.of(
                            step(
                                    new BenchParts(),
                                    quick ? "--seconds=1 --forks=1" : "--seconds=4 --forks=2"));
            case "scale" -> scale(present.getFirst());
            default ->
                    List.of(
                            step(
                                    new BenchStart(),
                                    engine(present.getFirst())
                                            + (quick
                                                    ? "--starts=1 --idle=2 --jobs=50"
                                                    : "--starts=5 --idle=15 --jobs=2000")));
        };
    }

    private List<Step> throughput(List<String> present) {
        List<Step> steps = new ArrayList<>();
        String boxes = quick ? "--boxes=1,2 --rounds=1 " : "--boxes=1,2,4,8 --rounds=5 ";
        for (String engine : present) {
            boolean slow = engine.equals("runc");
            String echo = slow ? "--jobs=150 --warm-up=1500" : "--jobs=1000 --warm-up=6000";
            String c = slow ? "--jobs=30 --warm-up=100" : "--jobs=60 --warm-up=300";
            String words = engine(engine) + boxes;
            steps.add(
                    step(
                            new BenchThroughput(),
                            words + "--program=echo " + (quick ? "--jobs=20 --warm-up=10" : echo)));
            steps.add(
                    step(
                            new BenchThroughput(),
                            words + "--program=c " + (quick ? "--jobs=6 --warm-up=2" : c)));
        }
        return steps;
    }

    private List<Step> latency(List<String> present) {
        List<Step> steps = new ArrayList<>();
        for (String engine : present) {
            boolean slow = engine.equals("runc");
            String words =
                    quick
                            ? "--rate=20 --jobs=20 --warm-up=10"
                            : slow
                                    ? "--rate=5 --jobs=200 --warm-up=400"
                                    : "--rate=20 --jobs=800 --warm-up=3000";
            steps.add(step(new BenchLatency(), engine(engine) + words));
        }
        return steps;
    }

    private List<Step> scale(String engine) {
        String words =
                quick
                        ? "--jobs=20 --warm-up=10 --replicas=1,2 --backlog=200 --source-bytes=1024"
                                + " --files=1,10 --tests=1,10"
                        : "--jobs=1000 --warm-up=1000 --replicas=1,2,4,8"
                                + " --source-bytes=1024,32768,1048576 --files=1,10,100,1000"
                                + " --tests=1,10,100,1000";
        List<Step> steps = new ArrayList<>();
        steps.add(step(new BenchScale(), engine(engine) + words));
        if (!quick) {
            steps.add(
                    step(
                            new BenchScale(),
                            engine(engine) + "--jobs=5000 --warm-up=5000 --backlog=100000"));
        }
        return steps;
    }

    private static String engine(String engine) {
        return "--engine=" + engine + " ";
    }

    private static Step step(Bench bench, String words) {
        return new Step(
                bench,
                List.of(words.split(" ", -1)).stream()
                        .filter(word -> !word.isEmpty())
                        .collect(Collectors.toList()));
    }
}
