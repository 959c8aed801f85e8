package boxcar.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench chaos}: a game day. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        description = {
            "A game day on this host: kills workers while jobs run, and counts outcomes.",
            "Starts a Kafka broker and some workers, each a process of its own, produces execute"
                    + " jobs of several kinds, and",
            "each time that some results have come ends a random one of those that take jobs",
            "with kill -9 and starts another in its place. Then stops the workers with SIGTERM and"
                    + " counts. The engine and the box",
            "range are those of the configuration (BOXCAR_SANDBOX, BOXCAR_BOXES_FIRST, …), so it"
                    + " can run beside a",
            "worker in production, whose boxes it leaves alone. Needs root, as a worker does.",
            "",
            "What is counted:",
            "  outcomes                job ids with a result record",
            "  missing                 job ids without one: must be 0",
            "  contradicting           job ids with two result records that differ in outcome or verdict: must be 0",
            "  repeated                job ids with more than one result record",
            "  delivered_more_than_once   job ids that a slot got more than once (workers' logs)",
            "  redelivered             job ids that came with a delivery count above 1 (workers' logs)",
            "  executed_more_than_once job ids that began to run more than once, whether they came to an end or not",
            "                          (workers' logs), or whose results name several attempts",
            "  unexpected              job ids whose first result is not what the program does when left in peace",
            "  faults                  those of them with the outcome FAULT",
            "  boxes_left, processes_left   boxes (folders, mounts, control groups, containers) and processes that",
            "                          nobody holds once the last worker has stopped: must be 0",
            "  folders_left            work and staging folders left in the workers' state folders: must be 0",
            "  boxes_held_twice        a box lent while another replica had it (workers' logs): must be 0",
            "  gave_up                 workers that ended by themselves, since Kafka was away when they started",
            "  stopped_badly           workers that did not exit 0 on SIGTERM: must be 0",
            "",
            "Exit status 0 only if all that must be 0 is.",
        })
final class ChaosCommand implements Callable<Integer> {
    @Option(
            names = "--jobs",
            paramLabel = "N",
            defaultValue = "100",
            description = "Jobs to execute; default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--workers",
            paramLabel = "W",
            defaultValue = "3",
            description = "Workers alive at once; default: ${DEFAULT-VALUE}.")
    private int workers;

    @Option(
            names = "--kill-after",
            paramLabel = "RESULTS",
            defaultValue = "20",
            description =
                    "A worker is killed for each so many new results; 0 for none; default:"
                            + " ${DEFAULT-VALUE}.")
    private int killAfter;

    @Option(
            names = "--kill-broker",
            description =
                    "Kill the broker too, each tenth time, and start it again over the same directory.")
    private boolean killBroker;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long to wait for a new result; default: ${DEFAULT-VALUE}.")
    private double timeout;

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

    @Option(names = "--json", description = "Print one JSON object instead of the table.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if (jobs < 1 || workers < 1 || killAfter < 0 || timeout <= 0) {
            throw new UsageException(
                    "--jobs and --workers are 1 or more, --kill-after 0 or more, --timeout above"
                            + " 0");
        }
        long chosen = seed == 0 ? System.nanoTime() : seed;
        GameDay.Plan plan =
                new GameDay.Plan(jobs, workers, killAfter, killBroker, seconds(timeout), chosen);
        try (GameDay day = GameDay.open(plan, ChaosCommand::say)) {
            GameDay.Report report = day.run();
            print(report, chosen);
            if (json) {
                report.details().forEach(ChaosCommand::say);
            }
            if (report.well() && !keep) {
                return Exit.WELL;
            }
            day.keep();
            say("The logs are in " + day.folder());
            return report.well() ? Exit.WELL : Exit.NOT_WELL;
        }
    }

    private static Duration seconds(double number) {
        return Duration.ofMillis(Math.round(number * 1000));
    }

    private static void say(String line) {
        System.err.println("· " + line);
    }

    private void print(GameDay.Report report, long chosen) {
        if (json) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            object.put("engine", report.engine());
            report.counts().forEach(object::put);
            object.put("seconds", Math.round(report.took().toMillis() / 100.0) / 10.0);
            object.put("seed", chosen);
            System.out.println(object);
            return;
        }
        Table table = new Table("", "WHAT", "COUNT");
        report.counts()
                .forEach((what, count) ->
                        table.row(mark(what, count), what.replace('_', ' '), Long.toString(count)));
        table.row("", "seconds", Long.toString(report.took().toSeconds()));
        System.out.println();
        System.out.println("Engine: " + report.engine() + "; seed " + chosen);
        table.print(System.out);
        System.out.println();
        report.details().forEach(System.out::println);
        System.out.println(
                report.well()
                        ? "Each job has its one outcome, and nothing is left."
                        : "What is marked ✗ must be 0.");
    }

    private static String mark(String what, long count) {
        if (!GameDay.MUST_BE_0.contains(what)) {
            return "";
        }
        return count == 0 ? "✓" : "✗";
    }
}
