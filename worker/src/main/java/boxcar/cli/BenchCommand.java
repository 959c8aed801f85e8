package boxcar.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures, and tries, what Boxcar does on this host. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures what Boxcar does on this host, and what it withstands.",
            "It has a Kafka and workers of its own, in a folder that goes again. docs/benchmarks/ has the method, and results.",
        },
        subcommands = {
            BenchThroughput.class,
            BenchLatency.class,
            BenchStart.class,
            BenchScale.class,
            BenchParts.class,
            BenchAll.class,
            ChaosCommand.class,
            SoakCommand.class,
        })
final class BenchCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which benchmark?");
    }
}
