package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.BoxcarClient;
import boxcar.intake.ResultCodec;
import boxcar.intake.UnreadableValue;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Reads the results topic. */
@Command(
        name = "results",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the results that the topic holds, oldest first.",
            "A line each; with --job that job's in full.",
            "",
            "  boxcar results --follow --json | jq .verdict",
            "",
        })
final class ResultsCommand implements Callable<Integer> {
    @Mixin private final Setup setup = new Setup();

    @Option(
            names = {"-F", "--follow"},
            description =
                    "Go on with results as they come, until interrupted (with --job: until it is there).")
    private boolean follow;

    @Option(
            names = {"-j", "--job"},
            paramLabel = "ID",
            description = "Only the result of this job, in full.")
    private @Nullable String job;

    @Option(names = "--new", description = "Only results that come from now on; with --follow.")
    private boolean onlyNew;

    @Option(names = "--json", description = "Print each result as one line of JSON.")
    private boolean json;

    private int exit = Exit.WELL;

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        if (job != null) {
            exit = Exit.NOT_WELL;
        }
        try (BoxcarClient client = Setup.client(config)) {
            client.results(new BoxcarClient.View(job, !onlyNew, follow), raw -> print(raw.value()));
        }
        if (job != null && exit == Exit.NOT_WELL) {
            System.err.println(
                    "boxcar: there is no result of job " + job + " (yet: --follow waits for it)");
        }
        return exit;
    }

    /** Whether to go on. */
    private boolean print(byte @Nullable [] value) {
        if (value == null) {
            return true;
        }
        try {
            ObjectNode result = ResultCodec.toJson(value);
            exit = Exit.WELL;
            if (json) {
                System.out.println(result);
            } else if (job != null) {
                new ResultView(result).print(System.out);
            } else {
                System.out.println(
                        result.path("finished_at").asText()
                                + "  "
                                + new ResultView(result).headline());
            }
            return job == null;
        } catch (UnreadableValue e) {
            System.err.println("boxcar: a record that is no result: " + e.getMessage());
            return true;
        }
    }
}
