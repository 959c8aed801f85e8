package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.BoxcarClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Cancels a job. */
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description = {
            "Cancels a job, whether it waits or runs.",
            "One that waits is answered without running, one that runs is stopped within a second, with what it",
            "printed so far. A job that has its result keeps it.",
        })
final class CancelCommand implements Callable<Integer> {
    @Mixin private final Setup setup = new Setup();

    @Parameters(paramLabel = "JOB", description = "Id of the job.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String job;

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        try (BoxcarClient client = Setup.client(config)) {
            client.cancel(job);
        }
        return Exit.WELL;
    }
}
