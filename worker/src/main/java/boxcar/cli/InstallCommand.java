package boxcar.cli;

import boxcar.intake.JobTopic;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sends an install job. */
@Command(
        name = "install",
        mixinStandardHelpOptions = true,
        description = {
            "Sends a job that installs a runtime, on every replica.",
            "The InstallJob is a JSON file (docs/jobs.md; examples/runtimes). A file without a job_id gets a random one, which is printed.",
            "",
            "  boxcar install examples/runtimes/perl.json --wait",
            "",
        })
final class InstallCommand implements Callable<Integer> {
    @Mixin private final Submission submission = new Submission();

    @Parameters(paramLabel = "FILE", description = "The job.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path file;

    @Override
    public Integer call() throws Exception {
        return submission.send(JobTopic.INSTALL, Inputs.read(file));
    }
}
