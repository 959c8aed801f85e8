package boxcar.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench soak}: does anything grow? */
@Command(
        name = "soak",
        mixinStandardHelpOptions = true,
        description = {
            "Whether anything grows in a long run on this host.",
            "A Kafka broker and some workers, each a process of its own, under an even load of",
            "jobs of all kinds, rejected ones and unreadable ones among them, with runtimes installed and removed. One",
            "worker is left in peace; the others are killed with kill -9 from time to time. Of the one in peace, and of",
            "what the boxes of the range have on this host, samples are taken; at the end the median of the last third",
            "is compared with that of the middle third, and jobs, boxes and folders are counted as in a game day.",
            "The box range is that of the configuration (BOXCAR_BOXES_FIRST, BOXCAR_BOXES_LAST): with one of its own it",
            "can run beside other workers. Needs root, as a worker does, and a JDK with jcmd.",
            "",
            "Exit status 0 only if nothing grows and all that must be 0 is.",
        })
final class SoakCommand implements Callable<Integer> {
    @Option(
            names = "--minutes",
            paramLabel = "M",
            defaultValue = "30",
            description = "How long jobs are sent; default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "3",
            description = "Records a second; default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--workers",
            paramLabel = "W",
            defaultValue = "2",
            description =
                    "Workers alive at once, of which one is left in peace; default: ${DEFAULT-VALUE}.")
    private int workers;

    @Option(
            names = "--kill-every",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How often one is killed; 0 for never; default: ${DEFAULT-VALUE}.")
    private double killEvery;

    @Option(
            names = "--runtime-every",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description =
                    "How often a runtime is installed or removed, in turns; 0 for never; default: ${DEFAULT-VALUE}.")
    private double runtimeEvery;

    @Option(
            names = "--sample-every",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description =
                    "How often samples are taken; each collects all garbage of that worker; default: ${DEFAULT-VALUE}.")
    private double sampleEvery;

    @Option(
            names = "--keep",
            description =
                    "Keep the folder with the logs; it is kept anyway if something was wrong.")
    private boolean keep;

    @Option(
            names = "--seed",
            defaultValue = "0",
            description = "Of the random choices; default: a new one.")
    private long seed;

    @Option(names = "--json", description = "Print one JSON object instead of the tables.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (minutes <= 0 || rate <= 0 || workers < 1 || killEvery < 0 || runtimeEvery < 0) {
            throw new UsageException(
                    "--minutes and --rate are above 0, --workers 1 or more, --kill-every and --runtime-every 0 or more");
        }
        if (sampleEvery <= 0 || minutes * 60 / sampleEvery < SoakSamples.LEAST + 1) {
            throw new UsageException(
                    "--sample-every is above 0, and --minutes long enough for %d samples"
                            .formatted(SoakSamples.LEAST + 1));
        }
        long chosen = seed == 0 ? System.nanoTime() : seed;
        Soak.Plan plan =
                new Soak.Plan(
                        seconds(minutes * 60),
                        rate,
                        workers,
                        seconds(killEvery),
                        seconds(runtimeEvery),
                        seconds(sampleEvery),
                        chosen);
        try (Soak soak = Soak.open(plan, SoakCommand::say)) {
            SoakReport report = soak.run();
            print(report, chosen);
            if (report.well() && !keep) {
                return Exit.WELL;
            }
            soak.keep();
            say("The logs are in " + soak.folder());
            return report.well() ? Exit.WELL : Exit.NOT_WELL;
        }
    }

    private static Duration seconds(double number) {
        return Duration.ofMillis(Math.round(number * 1000));
    }

    private static void say(String line) {
        System.err.println("· " + line);
    }

    private void print(SoakReport report, long chosen) {
        if (json) {
            System.out.println(told(report, chosen));
            report.details().forEach(SoakCommand::say);
            return;
        }
        Table table = new Table("", "MEDIAN OF A THIRD", "FIRST", "MIDDLE", "LAST", "AT MOST");
        for (SoakSamples.Line line : report.samples().lines()) {
            table.row(
                    line.isFlat() ? "✓" : "✗",
                    line.figure().title(),
                    Long.toString(line.first()),
                    Long.toString(line.middle()),
                    Long.toString(line.last()),
                    Long.toString(line.bound()));
        }
        table.print(System.out);
        Table counts = new Table("", "WHAT", "COUNT");
        counts.row("", "samples", Integer.toString(report.samples().size()));
        report.counts()
                .forEach((what, count) ->
                        counts.row(
                                mark(what, count), what.replace('_', ' '), Long.toString(count)));
        System.out.println();
        counts.print(System.out);
        System.out.println();
        report.details().forEach(System.out::println);
        System.out.println(
                report.well()
                        ? "Nothing grows, each job has its one outcome, and nothing is left."
                        : "What is marked ✗ is above its bound, or must be 0.");
    }

    private static ObjectNode told(SoakReport report, long chosen) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("well", report.well()).put("samples", report.samples().size());
        report.counts().forEach(object::put);
        object.put("seed", chosen);
        ObjectNode figures = object.putObject("figures");
        for (SoakSamples.Line line : report.samples().lines()) {
            figures.putObject(line.figure().name().toLowerCase(java.util.Locale.ROOT))
                    .put("first", line.first())
                    .put("middle", line.middle())
                    .put("last", line.last())
                    .put("bound", line.bound())
                    .put("flat", line.isFlat());
        }
        return object;
    }

    private static String mark(String what, long count) {
        if (!SoakReport.MUST_BE_0.contains(what)) {
            return "";
        }
        return count == 0 ? "✓" : "✗";
    }
}
