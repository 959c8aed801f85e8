package boxcar.intake;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.job.JobResult;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A partition of jobs gets another leader, as when brokers are restarted one after the other and
 * leaders go back to where they belong. No connection is closed; but the next leader does not know
 * who holds which record, and delivers what is held again with an unchanged count.
 */
@Timeout(300)
class MovingLeaderTest extends Telling {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int MOVES = 6;
    private static final int JOBS_EACH = 30;
    private static final long RUNS_MILLIS = 40;

    private final AtomicInteger runs = new AtomicInteger();

    @Tried("The jobs' partition gets another leader six times while jobs run")
    @Must("each job has the result of one attempt alone")
    @Test
    void aLeaderThatDoesNotKnowWhoHoldsAJobBringsNoSecondResult(@TempDir Path folder)
            throws Exception {
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (var one = EmbeddedBroker.start(folder.resolve("1"), 0);
                var other = EmbeddedBroker.join(one, folder.resolve("2"), Map.of())) {
            IntakeSettings settings = settings(one, "a");
            new Topics(settings).create(1, _ -> {});
            try (var client = new BoxcarClient(settings, new TextWire());
                    var admin =
                            Admin.create(
                                    Map.of(
                                            "bootstrap.servers",
                                            one.bootstrapServers()
                                                    + ","
                                                    + other.bootstrapServers()));
                    Intake _ = start(settings, fatal);
                    Intake _ = start(settings(one, "b"), fatal)) {
                int sent = 0;
                for (int move = 0; move < MOVES; move++) {
                    for (int i = 0; i < JOBS_EACH; i++, sent++) {
                        String id = "job-" + sent;
                        client.send(JobTopic.EXECUTE, id, TextWire.job(id, "python"));
                    }
                    int before = runs.get();
                    await().atMost(SOON).until(() -> runs.get() >= before + 5);
                    lead(admin, settings.topics().jobs(JobTopic.EXECUTE), 1 + (move + 1) % 2);
                }
                int all = sent;
                await().atMost(SOON).until(() -> results(client).size() == all);
                awaitQuiet();

                Map<String, Set<String>> results = results(client);
                long several = results.values().stream().filter(each -> each.size() > 1).count();
                tell(
                        "%d jobs, %d begun again; %d with results of several attempts"
                                .formatted(sent, runs.get() - sent, several));
                assertEquals(List.of(), fatal);
                assertTrue(runs.get() > sent, "no job came again: no leader forgot anything");
                assertEquals(0, several, results::toString);
            }
        }
    }

    /** Each attempt tells something else. */
    private Intake start(IntakeSettings settings, List<String> fatal) {
        Intake intake =
                Intake.open(
                        settings,
                        new TextWire(),
                        new Intake.Contracts(
                                new MemoryLedger(),
                                (_, _, _) -> {
                                    int run = runs.incrementAndGet();
                                    var never = new CountDownLatch(1);
                                    boolean _ = never.await(RUNS_MILLIS, TimeUnit.MILLISECONDS);
                                    return JobResult.fault("attempt", "" + run);
                                },
                                new Heard()),
                        fatal::add);
        intake.start();
        return intake;
    }

    private static void lead(Admin admin, String topic, int node) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        admin.alterPartitionReassignments(
                        Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(node)))))
                .all()
                .get();
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(20))
                .until(() ->
                        admin.listPartitionReassignments().reassignments().get().isEmpty()
                                && leader(admin, topic) == node);
    }

    private static int leader(Admin admin, String topic) throws Exception {
        Map<String, TopicDescription> described =
                admin.describeTopics(List.of(topic)).allTopicNames().get();
        return requireNonNull(described.get(topic)).partitions().getFirst().leader().id();
    }

    /** What was begun again may still be told. */
    private void awaitQuiet() {
        var last = new int[] {-1};
        await().atMost(SOON)
                .pollInterval(Duration.ofMillis(1500))
                .until(() -> {
                    int before = last[0];
                    last[0] = runs.get();
                    return before == last[0];
                });
    }

    private static Map<String, Set<String>> results(BoxcarClient client) {
        Map<String, Set<String>> found = new HashMap<>();
        client.results(
                new BoxcarClient.View(null, true, false),
                raw -> {
                    String text = TextWire.text(raw.value());
                    String id = text.split(" ", 3)[1];
                    found.computeIfAbsent(id, _ -> new HashSet<>()).add(text);
                    return true;
                });
        return found;
    }

    private static IntakeSettings settings(EmbeddedBroker broker, String replica) {
        return new IntakeSettings(
                "moving",
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                3,
                1,
                9,
                Duration.ofSeconds(15),
                Duration.ofSeconds(5),
                replica,
                false,
                1 << 20,
                Duration.ofMillis(10));
    }
}
