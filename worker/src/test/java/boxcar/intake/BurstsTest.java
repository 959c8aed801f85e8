package boxcar.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * As many jobs as there are slots come together. None may wait for another: a record that a slot
 * holds unseen comes again when its lock runs out, as another delivery.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BurstsTest extends Telling {
    private static final int SLOTS = 8;
    private static final Duration LOCK = Duration.ofSeconds(15);
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Random random = new Random(34);
    private Cluster cluster;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        cluster = new Cluster(directory);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @Test
    @Timeout(120)
    void burstsAtAnIdleReplicaWaitForNobody() throws Exception {
        assertEquals(List.of(), burstsAtOneReplica(6));
    }

    @Test
    @Timeout(120)
    void burstsAtAReplicaThatHasJustStartedWaitForNobody() throws Exception {
        assertEquals(List.of(), burstsAtNewReplicas(4));
    }

    @Tried("200 bursts of 8 jobs at a replica of 8 slots that is idle or has just started")
    @Must("all jobs of a burst run at once, each delivered once")
    @Test
    @Tag("long")
    @Timeout(1200)
    void twoHundredBurstsWaitForNobody() throws Exception {
        List<String> late = new ArrayList<>(burstsAtOneReplica(150));
        late.addAll(burstsAtNewReplicas(50));
        tell("200 bursts; jobs that came again: " + late.size());
        assertEquals(List.of(), late);
    }

    private List<String> burstsAtOneReplica(int bursts) throws Exception {
        try (var field = new Field(settings())) {
            field.start();
            for (int burst = 0; burst < bursts; burst++) {
                field.burst("burst-" + burst, burst % 2 == 0);
                // Idle for any part of what a fetch waits.
                LockSupport.parkNanos(random.nextLong(1_200_000_000));
            }
            return field.cameAgain();
        }
    }

    private List<String> burstsAtNewReplicas(int bursts) throws Exception {
        List<String> all = new ArrayList<>();
        IntakeSettings settings = settings();
        for (int burst = 0; burst < bursts; burst++) {
            try (var field = new Field(settings)) {
                field.start();
                field.burst("new-" + burst, burst % 2 == 0);
                all.addAll(field.cameAgain());
            }
        }
        return all;
    }

    private IntakeSettings settings() throws InterruptedException {
        IntakeSettings there = cluster.settings();
        var settings =
                new IntakeSettings(
                        there.prefix(),
                        there.kafka(),
                        SLOTS,
                        1,
                        there.deliveryLimit(),
                        LOCK,
                        there.shutdownGrace(),
                        there.replica(),
                        false,
                        there.maxResultBytes(),
                        there.faultBackOff());
        new Topics(settings).create(1, _ -> {});
        return settings;
    }

    /** A replica, and who sends to it. */
    private static final class Field implements AutoCloseable {
        private final Heard heard = new Heard();
        private final List<String> fatal = new CopyOnWriteArrayList<>();
        private final CyclicBarrier all = new CyclicBarrier(SLOTS);
        private final BoxcarClient client;
        private final Intake intake;
        private int sent;

        Field(IntakeSettings settings) {
            client = new BoxcarClient(settings, new TextWire());
            JobRunner runner =
                    (job, _, _) -> {
                        if (job.id().endsWith("together")) {
                            meet();
                        }
                        return JobResult.cancelled();
                    };
            intake =
                    Intake.open(
                            settings,
                            new TextWire(),
                            new Intake.Contracts(new MemoryLedger(), runner, heard),
                            fatal::add);
        }

        void start() {
            intake.start();
        }

        /** A burst of jobs of which none ends before all run, or of jobs that end at once. */
        void burst(String name, boolean together) throws Exception {
            Map<String, byte[]> jobs = new LinkedHashMap<>();
            for (int i = 0; i < SLOTS; i++) {
                String id = name + "-" + i + (together ? "-together" : "");
                jobs.put(id, TextWire.job(id, "python"));
            }
            client.sendAll(JobTopic.EXECUTE, jobs);
            sent += SLOTS;
            await().atMost(SOON).until(() -> heard.count("finished CANCELLED") >= sent);
        }

        private void meet() throws InterruptedException {
            try {
                all.await(SOON.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("not all jobs of a burst run at once", e);
            }
        }

        /** What was not told of the first delivery of a job. */
        List<String> cameAgain() {
            assertEquals(List.of(), fatal);
            return heard.events().stream()
                    .filter(event -> !event.equals("taken #1"))
                    .filter(event -> !event.equals("finished CANCELLED"))
                    .toList();
        }

        @Override
        public void close() {
            intake.close();
            client.close();
        }
    }
}
