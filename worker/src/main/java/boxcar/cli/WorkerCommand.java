package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.Finding;
import boxcar.intake.Topics;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a worker until it is told to stop. */
@Command(
        name = "worker",
        mixinStandardHelpOptions = true,
        description = {
            "Takes jobs from a Kafka cluster until it is told to stop (SIGTERM): then it takes no more, lets running",
            "jobs end within jobs.grace_seconds, gives the rest back, and exits 0. Needs root, Nix, and isolate or",
            "runc; 'boxcar doctor' tells what is missing. Start as many as you like, each with its own state folder.",
        })
final class WorkerCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerCommand.class);

    @Mixin private final Setup setup = new Setup();

    @Option(
            names = "--create-topics",
            description = "Make the topics and set the groups first, where they are not.")
    private boolean createTopics;

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        Topics topics = new Topics(Setup.intake(config));
        if (createTopics) {
            topics.create(-1, line -> LOG.info("{}", line));
        }
        if (!usable(topics.check())) {
            return Exit.UNAVAILABLE;
        }
        CountDownLatch stop = new CountDownLatch(1);
        AtomicReference<@Nullable String> fatal = new AtomicReference<>();
        Replica replica =
                Replica.open(
                        config,
                        message -> {
                            fatal.set(message);
                            stop.countDown();
                        });
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook =
                new Thread(() -> {
                    stop.countDown();
                    awaitQuietly(closed);
                });
        Runtime.getRuntime().addShutdownHook(hook);
        LOG.info(
                "worker {} serves metrics at http:/{}/metrics",
                config.replica(),
                replica.metrics());
        stop.await();
        LOG.info("stopping: running jobs may take {} s", config.jobs().grace().toSeconds());
        replica.close();
        LOG.info("stopped");
        if (fatal.get() == null) {
            // From within a shutdown that SIGTERM began, only this exits with 0 and not 143.
            Runtime.getRuntime().halt(Exit.WELL);
        }
        closed.countDown();
        return Exit.UNAVAILABLE;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean usable(List<Finding> findings) {
        boolean usable = true;
        for (Finding finding : findings) {
            String mend = finding.mend() == null ? "" : " Mend: " + finding.mend();
            switch (finding.level()) {
                case OK -> LOG.debug("{}: {}", finding.subject(), finding.message());
                case WARN -> LOG.warn("{}: {}{}", finding.subject(), finding.message(), mend);
                case BAD -> {
                    LOG.error("{}: {}{}", finding.subject(), finding.message(), mend);
                    usable = false;
                }
            }
        }
        return usable;
    }
}
