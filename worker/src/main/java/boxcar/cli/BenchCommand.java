package boxcar.cli;

import picocli.CommandLine.Command;

/** Tries what this installation withstands. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = "Tries what Boxcar withstands on this host.",
        subcommands = ChaosCommand.class)
final class BenchCommand implements Runnable {
    @picocli.CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private picocli.CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(
                spec.commandLine(), "did you mean: boxcar bench chaos");
    }
}
