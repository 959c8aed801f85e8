package boxcar.cli;

import boxcar.intake.FirstContact;
import boxcar.intake.IntakeSettings;
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
                "Makes the topics that are not there, and sets the share groups.",
                "Each topic has one partition, for scale comes from slots. What is there already stays; running it again is harmless.",
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
            IntakeSettings settings = Setup.intake(setup.config());
            FirstContact.require(settings);
            new Topics(settings).create(replication, System.out::println);
            return Exit.WELL;
        }
    }
}
