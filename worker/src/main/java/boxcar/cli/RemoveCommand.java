package boxcar.cli;

import boxcar.intake.JobTopic;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sends a remove job. */
@Command(
        name = "remove",
        mixinStandardHelpOptions = true,
        description = {
            "Sends a job that removes a runtime, from every replica.",
            "The RemoveRuntimeJob lets running programs end first.",
        })
final class RemoveCommand implements Callable<Integer> {
    @Mixin private final Submission submission = new Submission();

    @Parameters(paramLabel = "RUNTIME", description = "Name of the runtime, or its id.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String runtime;

    @Override
    public Integer call() throws Exception {
        ObjectNode job = JsonNodeFactory.instance.objectNode().put("type", "RemoveRuntimeJob");
        if (runtime.matches("\\d{1,18}")) {
            job.put("runtime_id", Long.parseLong(runtime));
        } else {
            job.put("runtime", runtime);
        }
        return submission.send(JobTopic.INSTALL, job);
    }
}
