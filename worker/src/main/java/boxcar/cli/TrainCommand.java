package boxcar.cli;

import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.Topics;
import boxcar.job.Cancellation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * Does what a worker does, so that the JVM may note what it loads for that (JEP 514, ahead-of-time
 * cache). The launcher runs it once after each build; it needs no Nix, for its jobs are all
 * refused.
 */
@Command(
        name = "train",
        hidden = true,
        description = "Walks through a worker's life for the ahead-of-time cache.")
final class TrainCommand implements Callable<Integer> {
    private static final int JOBS = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("boxcar-train-");
        try (LocalCluster cluster = LocalCluster.start(folder, 0, 0, _ -> {});
                BoxcarClient client =
                        new BoxcarClient(
                                Setup.intake(cluster.config()), Setup.wire(cluster.config(), ""))) {
            new Topics(Setup.intake(cluster.config())).check();
            cluster.replica()
                    .sandbox()
                    .run(SandboxWatch.healthCheck(cluster.config().state()), new Cancellation());
            for (int i = 0; i < JOBS; i++) {
                String id = "train-" + i;
                try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
                    client.send(
                            JobTopic.EXECUTE,
                            id,
                            BenchStand.bytes(
                                    BenchStand.object()
                                            .put("job_id", id)
                                            .put("runtime", "none")
                                            .put("source_code", "")));
                    // Late, since whoever had it built works on: what was noted until then will do.
                    if (awaited.within(PATIENCE).isEmpty()) {
                        break;
                    }
                }
            }
        } finally {
            Trees.delete(folder);
        }
        return Exit.WELL;
    }
}
