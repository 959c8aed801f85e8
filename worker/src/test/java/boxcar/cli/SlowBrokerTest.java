package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A broker that is far away, and one that is not heard for some seconds. The lock is 15 s, the
 * shortest there is, and renewed each 5 s.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowBrokerTest extends Telling {
    private static final String LOST = "the lock on";

    @SuppressWarnings("NullAway.Init")
    private SlowLink link;

    @SuppressWarnings("NullAway.Init")
    private Field field;

    @SuppressWarnings("NullAway.Init")
    private List<WorkerProcess> workers;

    /** Follows the results by a connection that stays: a new one takes its time on a slow road. */
    @SuppressWarnings("NullAway.Init")
    private Tap tap;

    private final Set<String> answered = new HashSet<>();

    @BeforeAll
    void aBrokerBehindALink() throws Exception {
        link = new SlowLink();
        field = Field.behind(link);
        workers = List.of(field.worker("near"), field.worker("far"));
        JsonNode installed = field.run(JobTopic.INSTALL, House.install("sh", ""));
        assertEquals("SUCCEEDED", installed.path("outcome").asText(), installed::toString);
        workers.forEach(worker -> Field.awaitLog(worker, "is ready on this host", 1));
        tap = new Tap(field.bootstrap(), "boxcar.results");
    }

    @AfterEach
    void makeTheLinkQuick() {
        link.flow();
        link.delay(Duration.ZERO, Duration.ZERO);
    }

    @AfterAll
    void allEnds() throws Exception {
        tap.close();
        field.close();
        link.close();
    }

    /** A sleeper of several renewals, and quick ones beside it. */
    private List<ObjectNode> send(int quick, int sleepSeconds) throws Exception {
        List<ObjectNode> jobs = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            ObjectNode sleeper = House.sh("sleep " + sleepSeconds + "; echo slept");
            sleeper.putObject("run_limits").put("wall_time", sleepSeconds + 20);
            jobs.add(sleeper);
        }
        for (int i = 0; i < quick; i++) {
            jobs.add(House.sh("echo " + i));
        }
        for (ObjectNode job : jobs) {
            field.send(JobTopic.EXECUTE, job);
        }
        return jobs;
    }

    private int lost() {
        return workers.stream().mapToInt(worker -> Field.count(worker, LOST)).sum();
    }

    private int runs(ObjectNode job) {
        String words = "Job " + job.path("job_id").asText() + " runs, delivery";
        return workers.stream().mapToInt(worker -> Field.count(worker, words)).sum();
    }

    /** Over the link as it is. */
    private void awaitResults(List<ObjectNode> jobs) {
        List<String> ids = jobs.stream().map(job -> job.path("job_id").asText()).toList();
        await().alias("results of " + ids)
                .atMost(Field.PATIENCE)
                .until(() -> {
                    tap.read(record -> answered.add(new String(record.key(), UTF_8)));
                    return answered.containsAll(ids);
                });
    }

    /** The link is quick from here on: looking at what there is takes a connection for each job. */
    private void assertEachEndedOnce(List<ObjectNode> jobs, int lost) throws Exception {
        makeTheLinkQuick();
        await().atMost(Field.PATIENCE).until(() -> held() == 0);
        int more = 0;
        for (ObjectNode job : jobs) {
            JsonNode result = field.result(job);
            assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
            assertEquals(1, field.results(job).size(), result::toString);
            more += runs(job) - 1;
        }
        assertTrue(more <= lost, more + " jobs ran again, and " + lost + " locks were lost");
    }

    @Tried(
            "A road of 200 to 500 ms each way to the broker, jobs of 18 s among quick ones; the lock is 15 s")
    @Must("each job runs once and has one result; no lock is lost")
    @Test
    void overASlowLinkEachJobRunsOnceAndItsLockIsKept() throws Exception {
        int lostBefore = lost();
        link.delay(Duration.ofMillis(200), Duration.ofMillis(500));
        List<ObjectNode> jobs = send(12, 18);
        awaitResults(jobs);
        tellOf(jobs, lost() - lostBefore);
        assertEachEndedOnce(jobs, 0);
        assertEquals(0, lost() - lostBefore, "a renewal did not survive");
    }

    @Tried("A road of 20 to 50 ms, and three stalls of 4 s while jobs of 24 s run")
    @Must("each job runs once and has one result; no lock is lost")
    @Test
    void overALinkThatStallsForSecondsEachJobHasOneOutcome() throws Exception {
        int lostBefore = lost();
        link.delay(Duration.ofMillis(20), Duration.ofMillis(50));
        List<ObjectNode> jobs = send(4, 24);
        await().atMost(Field.PATIENCE).until(() -> runs(jobs.get(0)) + runs(jobs.get(1)) == 2);
        for (int stalls = 0; stalls < 3; stalls++) {
            link.stall();
            long from = System.nanoTime();
            await().atMost(Field.PATIENCE)
                    .until(() -> System.nanoTime() - from > Duration.ofSeconds(4).toNanos());
            link.flow();
            long before = link.pieces();
            await().atMost(Field.PATIENCE).until(() -> link.pieces() > before + 20);
        }
        awaitResults(jobs);
        assertEachEndedOnce(jobs, lost() - lostBefore);
        tellOf(jobs, lost() - lostBefore);
        assertEquals(0, lost() - lostBefore, "a renewal did not survive");
    }

    @Tried("A stall of 20 s, longer than the lock, while jobs of 8 s run")
    @Must("each job SUCCEEDED, with one verdict")
    @Test
    void aStallThatIsLongerThanTheLockEndsInOneOutcomeToo() throws Exception {
        int lostBefore = lost();
        List<ObjectNode> jobs = send(2, 8);
        await().atMost(Field.PATIENCE).until(() -> runs(jobs.get(0)) + runs(jobs.get(1)) == 2);
        link.stall();
        long from = System.nanoTime();
        await().atMost(Field.PATIENCE)
                .until(() -> System.nanoTime() - from > Duration.ofSeconds(20).toNanos());
        link.flow();
        awaitResults(jobs);
        for (ObjectNode job : jobs) {
            JsonNode result = field.result(job);
            assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
        }
        await().atMost(Field.PATIENCE).until(() -> held() == 0);
        for (ObjectNode job : jobs) {
            assertEquals(
                    1, field.results(job).stream().map(r -> r.path("verdict")).distinct().count());
        }
        tellOf(jobs, lost() - lostBefore);
    }

    /** It never restarts, and leads all the time: silence is no new leader. */
    @Test
    void aBrokerThatIsSuspendedForSecondsInTurnsHasNoJobRunTwice() throws Exception {
        int lostBefore = lost();
        List<ObjectNode> jobs = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            ObjectNode job = House.sh("sleep 0." + i % 10 + "; echo " + i);
            jobs.add(job);
            field.send(JobTopic.EXECUTE, job);
        }
        List<String> ids = jobs.stream().map(job -> job.path("job_id").asText()).toList();
        while (!answered.containsAll(ids)) {
            field.suspendBroker();
            try {
                long from = System.nanoTime();
                await().atMost(Field.PATIENCE)
                        .until(() -> System.nanoTime() - from > Duration.ofSeconds(6).toNanos());
            } finally {
                field.continueBroker();
            }
            // Some get through before the next silence.
            int before = answered.size();
            await().atMost(Field.PATIENCE)
                    .until(() -> {
                        tap.read(record -> answered.add(new String(record.key(), UTF_8)));
                        return answered.size() >= before + 20 || answered.containsAll(ids);
                    });
        }
        int lost = lost() - lostBefore;
        tellOf(jobs, lost);
        await().atMost(Field.PATIENCE).until(() -> held() == 0);
        Map<String, Integer> results = new HashMap<>();
        field.client.results(
                new BoxcarClient.View(null, true, false),
                raw -> {
                    results.merge(String.valueOf(raw.key()), 1, Integer::sum);
                    return true;
                });
        for (ObjectNode job : jobs) {
            assertEquals(1, results.get(job.path("job_id").asText()), job::toString);
            assertEquals(1, runs(job), job::toString);
        }
        assertEquals(0, lost, "locks were given up without need");
    }

    private void tellOf(List<ObjectNode> jobs, int lost) {
        tell(
                "%d jobs, %d ran again, %d locks lost"
                        .formatted(
                                jobs.size(),
                                jobs.stream().mapToInt(job -> runs(job) - 1).sum(),
                                lost));
    }

    /** Boxes that are lent now. */
    private int held() {
        return workers.stream()
                .mapToInt(worker -> Field.count(worker, " lent") - Field.count(worker, " returned"))
                .sum();
    }
}
