package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.Finding;
import boxcar.intake.FirstContact;
import boxcar.intake.Topics;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
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
            "Takes jobs from a Kafka cluster until it is told to stop.",
            "On SIGTERM it takes no more than its last polls bring, lets running jobs end within jobs.grace_seconds, gives the rest back, and",
            "exits 0. On a second SIGTERM it gives back at once what still runs. Exit status 69 if Kafka is not there",
            "or refuses it, with one line that says what to mend. Needs root, Nix, and isolate or runc; 'boxcar doctor' tells what is missing.",
            "Start as many as you like, each with its own state folder.",
        })
final class WorkerCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerCommand.class);

    @Mixin private final Setup setup = new Setup();

    @Option(
            names = "--create-topics",
            description = "Make the topics and set the groups first, where they are not.")
    private boolean createTopics;

    /** Only for the help text: the launcher obeys it before Java starts. */
    @SuppressWarnings("UnusedVariable")
    @Option(
            names = "--setup",
            description =
                    "Install what this host lacks first (packages, isolate's package source), and start the Nix daemon."
                            + " Without it the launcher only says what is missing.")
    private boolean setUpHost;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicReference<@Nullable String> fatal = new AtomicReference<>();
    private final AtomicReference<@Nullable Replica> running = new AtomicReference<>();

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        // Before anything is claimed: whoever is stopped while it starts cleans up, too.
        StopSignals.hear(this::stop);
        Topics topics = new Topics(Setup.intake(config));
        if (createTopics) {
            FirstContact.require(Setup.intake(config));
            topics.create(-1, line -> LOG.info("{}", line));
        }
        FutureTask<List<Finding>> check = new FutureTask<>(topics::check);
        Thread.ofVirtual().name("kafka-check").start(check);
        try (Replica replica = open(config, () -> require(check))) {
            LOG.info(
                    "worker {} serves metrics at http:/{}/metrics",
                    config.replica(),
                    replica.metrics());
            stop.await();
            LOG.info("stopping: running jobs may take {} s", config.jobs().grace().toSeconds());
        } catch (Replica.Refused _) {
            return Exit.UNAVAILABLE;
        }
        LOG.info("stopped");
        return fatal.get() == null ? Exit.WELL : Exit.UNAVAILABLE;
    }

    private Replica open(Config config, Replica.KafkaCheck kafka) throws Exception {
        Replica replica =
                Replica.open(
                        config,
                        kafka,
                        message -> {
                            fatal.set(message);
                            stop.countDown();
                        });
        running.set(replica);
        return replica;
    }

    /** The first asks for an end in order, the second for one at once; the third is answered. */
    private void stop(int signal) {
        stop.countDown();
        Replica replica = running.get();
        if (signal == 2 && replica != null) {
            LOG.info("stopping at once: running jobs are given back");
            replica.hurry();
        } else if (signal > 2) {
            Runtime.getRuntime().halt(Exit.FAULT);
        }
    }

    private static void require(Future<List<Finding>> check)
            throws Replica.Refused, InterruptedException {
        try {
            if (!usable(check.get())) {
                throw new Replica.Refused();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("the check of Kafka failed", e.getCause());
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
