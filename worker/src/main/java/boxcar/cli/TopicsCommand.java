package boxcar.cli;

import boxcar.intake.Topics;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes the topics. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = "Makes Boxcar's topics and sets its share groups.",
        subcommands = TopicsCommand.Create.class)
final class TopicsCommand implements Runnable {
    @picocli.CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private picocli.CommandLine.Model.CommandSpec spec;

    @Override
    public void run() {
        throw new picocli.CommandLine.ParameterException(
                spec.commandLine(), "did you mean: boxcar topics create");
    }

    /** {@code topics create}. */
    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes the topics that are not there, each with one partition (scale comes from slots), and sets the",
                "share groups' configuration. What is there already stays; running it again is harmless.",
            })
    static final class Create implements Callable<Integer> {
        @Mixin private final Setup setup = new Setup();

        @Option(
                names = "--replication",
                paramLabel = "N",
                defaultValue = "-1",
                description = "Copies of each topic; default: the broker's own.")
        private int replication;

        @Override
        public Integer call() throws Exception {
            new Topics(Setup.intake(setup.config())).create(replication, System.out::println);
            return Exit.WELL;
        }
    }
}
