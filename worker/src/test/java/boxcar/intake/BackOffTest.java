package boxcar.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.job.Progress;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Jobs of a runtime that is broken on this host, where a back-off lasts for half a minute or more.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class BackOffTest extends Telling {
    private static final int SLOTS = 2;
    private static final int GOOD = 10;
    private static final Duration SOON = Duration.ofSeconds(25);

    private final Map<String, Integer> runs = new ConcurrentHashMap<>();
    private final List<String> fatal = new CopyOnWriteArrayList<>();
    private final List<Intake> open = new ArrayList<>();
    private Cluster cluster;
    private IntakeSettings settings;
    private BoxcarClient client;
    private Heard heard;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        cluster = new Cluster(directory);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @BeforeEach
    void makeTopics() throws InterruptedException {
        IntakeSettings there = cluster.settings();
        settings =
                new IntakeSettings(
                        there.prefix(),
                        there.kafka(),
                        SLOTS,
                        1,
                        there.deliveryLimit(),
                        Duration.ofSeconds(15),
                        Duration.ofMinutes(1),
                        there.replica(),
                        false,
                        there.maxResultBytes(),
                        Duration.ofMinutes(1));
        new Topics(settings).create(1, _ -> {});
        client = new BoxcarClient(settings, new TextWire());
        heard = new Heard();
        runs.clear();
    }

    @AfterEach
    void closeAll() {
        open.forEach(Intake::close);
        open.clear();
        client.close();
        assertEquals(List.of(), fatal);
    }

    @Tried("Three times as many jobs of a broken runtime as there are slots, then ten of others")
    @Must("the ten are done while those wait under their locks, for half a minute or more")
    @Test
    void jobsOfABrokenRuntimeDelayNoOthers() throws Exception {
        start(this::run);
        sendBroken(3 * SLOTS);
        await().atMost(SOON).until(() -> heard.count("fault runtime") == 3 * SLOTS);
        sendGood();
        awaitGood();
        assertEquals(0, heard.count("released"));
        assertEquals(0, heard.count("lock lost"));
        assertEquals(3 * SLOTS, runs.keySet().stream().filter(id -> id.startsWith("bad")).count());
        tell(3 * SLOTS + " wait, 0 given back; " + GOOD + " others done");
    }

    /** A producer that sends again must not make a broken runtime stop the others. */
    @Test
    void copiesOfAJobThatWaitsDelayNoOthers() throws Exception {
        start(this::run);
        sendBroken(1);
        await().atMost(SOON).until(() -> heard.count("fault runtime") == 1);
        for (int copies = 0; copies < SLOTS + 1; copies++) {
            sendBroken(1);
        }
        sendGood();
        awaitGood();
        assertEquals(0, heard.count("released"));
        assertEquals(0, heard.count("lock lost"));
    }

    @Test
    void copiesOfAJobThatIsCancelledWhileTheyWaitHaveOneAnswer() throws Exception {
        start(this::run);
        try (var awaited = client.awaitResult("bad-0")) {
            sendBroken(1);
            sendBroken(1);
            await().atMost(SOON).until(() -> heard.count("fault runtime") == 2);
            client.cancel("bad-0");
            assertTrue(
                    TextWire.text(awaited.within(SOON).orElseThrow())
                            .startsWith("CANCELLED bad-0"));
        }
        assertEquals(Map.of("bad-0", 2), runs);
        assertEquals(0, heard.count("released"));
    }

    @Test
    void ofMoreThanMayWaitTheOldestAreGivenBackSoonerAndOthersGoOn() throws Exception {
        start(this::run);
        sendBroken(SLOTS + Spares.MOST + 4);
        sendGood();
        awaitGood();
        assertTrue(heard.count("released") >= 4, () -> "given back: " + heard.count("released"));
        assertEquals(0, heard.count("lock lost"));
    }

    @Test
    void aJobThatIsCancelledWhileItWaitsIsAnsweredAtOnce() throws Exception {
        start(this::run);
        try (var awaited = client.awaitResult("bad-0")) {
            sendBroken(1);
            await().atMost(SOON).until(() -> heard.count("fault runtime") == 1);
            client.cancel("bad-0");
            assertEquals(
                    "CANCELLED bad-0 #1",
                    TextWire.text(awaited.within(SOON).orElseThrow()),
                    heard.events()::toString);
        }
        assertEquals(Map.of("bad-0", 1), runs);
        assertEquals(0, heard.count("released"));
    }

    @Test
    void aReplicaThatClosesGivesWhatWaitsToOthersAtOnce() throws Exception {
        Intake first = start(this::run);
        try (var awaited = client.awaitResult("bad-0")) {
            sendBroken(1);
            await().atMost(SOON).until(() -> heard.count("fault runtime") == 1);
            Thread closing = Thread.ofVirtual().start(first::close);
            assertTrue(closing.join(SOON));
            start((_, _, _) -> JobResult.fault("ran", "elsewhere"));
            assertEquals(
                    "FAULT bad-0 #2 ran: elsewhere",
                    TextWire.text(awaited.within(SOON).orElseThrow()));
        }
    }

    private JobResult run(Job job, Progress progress, Cancellation cancellation) throws Fault {
        runs.merge(job.id(), 1, Integer::sum);
        if (job.id().startsWith("bad")) {
            throw new Fault("runtime", Fault.Next.TRY_ELSEWHERE, "it is broken here");
        }
        assertFalse(cancellation.isCancelled());
        return JobResult.fault("ran", "here");
    }

    private Intake start(JobRunner runner) {
        Intake intake =
                Intake.open(
                        settings,
                        new TextWire(),
                        new Intake.Contracts(new MemoryLedger(), runner, heard),
                        fatal::add);
        open.add(intake);
        intake.start();
        return intake;
    }

    private void sendBroken(int jobs) throws Exception {
        for (int i = 0; i < jobs; i++) {
            client.send(JobTopic.EXECUTE, "bad-" + i, TextWire.job("bad-" + i, "broken"));
        }
    }

    private void sendGood() throws Exception {
        for (int i = 0; i < GOOD; i++) {
            client.send(JobTopic.EXECUTE, "good-" + i, TextWire.job("good-" + i, "python"));
        }
    }

    private void awaitGood() {
        await().atMost(SOON.multipliedBy(2))
                .until(() ->
                        runs.keySet().stream().filter(id -> id.startsWith("good")).count() == GOOD);
    }
}
