package boxcar.cli;

import boxcar.config.ConfigException;
import boxcar.intake.KafkaTrouble;
import boxcar.job.Fault;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program. Exit status: see {@link Exit}. */
@Command(
        name = "boxcar",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            DemoCommand.class,
            DevCommand.class,
            WorkerCommand.class,
            InstallCommand.class,
            ExecuteCommand.class,
            RemoveCommand.class,
            CancelCommand.class,
            ResultsCommand.class,
            RuntimesCommand.class,
            DoctorCommand.class,
            TopicsCommand.class,
            ConfigCommand.class,
            BenchCommand.class,
            TrainCommand.class,
            CommandLine.HelpCommand.class,
        },
        description = {
            "Takes install and execute jobs from Kafka, runs them in a sandbox, publishes one result for each.",
            "",
            "See it work:       boxcar demo",
            "Stay up and play:  boxcar dev, then in another terminal: boxcar execute --runtime perl --file hello.pl --wait",
            "In production:     boxcar doctor, boxcar topics create, boxcar worker",
            "",
        },
        footer = {
            "",
            "Exit status: 0 well; 1 the job or check did not end well; 2 wrong usage; 65 the job is not as it must",
            "be; 69 something needed is not reachable, or refuses us; 70 a fault; 75 no result in time; 78 wrong configuration.",
        })
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }

    public static void main(String[] args) {
        boolean isPlainWorker = args.length == 1 && args[0].equals("worker");
        System.exit(isPlainWorker ? plainWorker() : commandLine().execute(args));
    }

    /**
     * What {@link #commandLine} does with the one word {@code worker}. The class files of picocli
     * are of a format that the ahead-of-time cache does not take, and to load them and to read all
     * commands' annotations takes a quarter of a worker's start.
     */
    private static int plainWorker() {
        try {
            return new WorkerCommand().call();
        } catch (Exception failure) {
            return explain(failure, new PrintWriter(System.err, true, System.err.charset()));
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler(
                        (failure, line, _) -> explain(failure, line.getErr()));
    }

    /**
     * One clear line for what is not the user's to debug; a stack trace only for our own errors.
     */
    private static int explain(Exception failure, PrintWriter err) {
        return switch (failure) {
            case ConfigException wrong -> say(err, wrong.getMessage(), Exit.CONFIG);
            case Fault fault ->
                    say(err, fault.step() + ": " + fault.getMessage(), Exit.UNAVAILABLE);
            case IOException io -> say(err, io.getMessage(), Exit.UNAVAILABLE);
            case InterruptedException _ -> say(err, "stopped", Exit.STOPPED);
            case UsageException wrong -> say(err, wrong.getMessage(), Exit.USAGE);
            case RuntimeException kafka when KafkaTrouble.isInterrupt(kafka) ->
                    say(err, "stopped", Exit.STOPPED);
            case RuntimeException kafka when KafkaTrouble.is(kafka) ->
                    say(err, "Kafka: " + KafkaTrouble.explain(kafka), Exit.UNAVAILABLE);
            default -> {
                failure.printStackTrace(err);
                yield Exit.FAULT;
            }
        };
    }

    private static int say(
            PrintWriter err, @org.jspecify.annotations.Nullable String message, int exit) {
        err.println("boxcar: " + message);
        return exit;
    }
}
