package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.job.Ledger;
import boxcar.job.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Intake against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class IntakeTest {
    private static final Duration SOON = Duration.ofSeconds(90);

    /** Jobs enough that some of them come by the handful, on a busy machine too. */
    private static final int MANY = 2500;

    private Cluster cluster;
    private IntakeSettings settings;
    private BoxcarClient client;
    private Ledger ledger;
    private Heard heard;
    private final List<Intake> open = new ArrayList<>();
    private final List<String> fatal = new CopyOnWriteArrayList<>();

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
        settings = cluster.settings();
        new Topics(settings).create(1, _ -> {});
        client = new BoxcarClient(settings, new TextWire());
        ledger = new MemoryLedger();
        heard = new Heard();
    }

    @AfterEach
    void closeAll() {
        open.forEach(Intake::close);
        open.clear();
        client.close();
    }

    @Test
    void aJobIsAnsweredWithItsResult() throws Exception {
        start((_, _, _) -> JobResult.cancelled());
        assertEquals("CANCELLED a #1", sendAndWait("a", "python"));
        await().atMost(SOON).until(() -> heard.count("finished CANCELLED") == 1);
    }

    @Test
    void jobsThatWereSentBeforeTheFirstWorkerCameAreTaken() throws Exception {
        send("a", "python");
        send("b", "python");
        start((_, _, _) -> JobResult.cancelled());
        awaitResults("CANCELLED a #1", "CANCELLED b #1");
    }

    @Test
    void twoSlotsRunAtTheSameTime() throws Exception {
        var together = new CyclicBarrier(2);
        start((_, _, _) -> {
            try {
                together.await(120, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new Fault("box", Fault.Next.GIVE_UP, "alone", e);
            }
            return JobResult.cancelled();
        });
        send("a", "python");
        send("b", "python");
        awaitResults("CANCELLED a #1", "CANCELLED b #1");
    }

    @Test
    void aJobThatTakesLongerThanItsLockKeepsIt() throws Exception {
        var runs = new AtomicInteger();
        start((_, _, cancellation) -> {
            runs.incrementAndGet();
            var _ = new CountDownLatch(1).await(3, TimeUnit.SECONDS);
            return JobResult.cancelled();
        });
        assertEquals("CANCELLED a #1", sendAndWait("a", "python"));
        assertEquals(1, runs.get());
        assertEquals(0, heard.count("lock lost"));
    }

    @Test
    void aJobThatKeepsItsLockHoldsNoOtherBack() throws Exception {
        var go = new CountDownLatch(1);
        start((job, _, _) -> {
            if (job.id().equals("long")) {
                go.await();
            }
            return JobResult.cancelled();
        });
        send("long", "python");
        long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
        for (int i = 0; System.nanoTime() < end; i++) {
            try (var awaited = client.awaitResult("a" + i)) {
                send("a" + i, "python");
                // The long one ends after the last of these: who waited for it would wait for ever.
                var result = awaited.within(SOON);
                assertEquals("CANCELLED a" + i + " #1", TextWire.text(result.orElseThrow()));
            }
        }
        assertEquals(0, heard.count("lock lost"));
        go.countDown();
    }

    @Test
    void aJobOfAFaultyHostIsDeliveredAgainAndEndsAtTheLast() throws Exception {
        var runs = new AtomicInteger();
        start((_, _, _) -> {
            runs.incrementAndGet();
            throw new Fault("box", Fault.Next.TRY_ELSEWHERE, "no room");
        });
        assertEquals(
                "FAULT a #4 deliveries: delivered 4 times, never finished",
                sendAndWait("a", "python"));
        assertEquals(3, runs.get());
        await().atMost(SOON).until(() -> client.deadLetters().size() == 1);
        assertEquals("run a python", TextWire.text(client.deadLetters().getFirst().value()));
        assertEquals(3, heard.count("released"));
    }

    @Test
    void anIllegibleRecordIsADeadLetterAndTheNextJobGoesOn() throws Exception {
        start((_, _, _) -> JobResult.cancelled());
        client.send(JobTopic.EXECUTE, "a", "nonsense".getBytes(UTF_8));
        assertEquals("CANCELLED b #1", sendAndWait("b", "python"));
        await().atMost(SOON).until(() -> client.deadLetters().size() == 1);
        assertEquals("a", client.deadLetters().getFirst().key());
    }

    @Test
    void aJobThatIsSentTwiceRunsOnce() throws Exception {
        var runs = new AtomicInteger();
        start((_, _, _) -> {
            runs.incrementAndGet();
            return JobResult.cancelled();
        });
        send("a", "python");
        send("a", "python");
        awaitResults("CANCELLED a #1", "CANCELLED a #1");
        assertEquals(1, runs.get());
    }

    @Test
    void aJobIdWithOtherContentIsRejected() throws Exception {
        start((_, _, _) -> JobResult.cancelled());
        assertEquals("CANCELLED a #1", sendAndWait("a", "python"));
        assertEquals(
                "REJECTED a #1 job_id 'a' was seen before with other content",
                sendAndWait("a", "bash"));
    }

    @Test
    void aRunningJobThatWouldGoOnForEverIsCancelled() throws Exception {
        var running = new CountDownLatch(1);
        start((_, _, cancellation) -> {
            running.countDown();
            awaitCancel(cancellation);
            return JobResult.cancelled();
        });
        try (var awaited = client.awaitResult("a")) {
            send("a", "python");
            assertTrue(running.await(120, TimeUnit.SECONDS));
            client.cancel("a");
            assertEquals("CANCELLED a #1", TextWire.text(awaited.within(SOON).orElseThrow()));
        }
    }

    @Test
    void aJobThatWasCancelledBeforeThisReplicaStartedDoesNotRun() throws Exception {
        client.cancel("a");
        send("a", "python");
        start((_, _, _) -> {
            throw new Fault("box", Fault.Next.GIVE_UP, "must not run");
        });
        awaitResults("CANCELLED a #1");
    }

    @Test
    void aReplicaThatClosesGivesItsJobsBack() throws Exception {
        var running = new CountDownLatch(1);
        var stopped = new CountDownLatch(1);
        Intake first =
                start(
                        (_, _, _) -> {
                            running.countDown();
                            try {
                                new CountDownLatch(1).await();
                            } finally {
                                stopped.countDown();
                            }
                            return JobResult.cancelled();
                        },
                        new MemoryLedger(),
                        withGrace(Duration.ZERO));
        send("a", "python");
        assertTrue(running.await(120, TimeUnit.SECONDS));
        start((_, _, _) -> JobResult.cancelled());
        first.close();
        assertEquals(0, stopped.getCount());
        awaitResults("CANCELLED a #2");
    }

    @Test
    void aReplicaThatIsHurriedGivesAJobToOthersAndNotFromOneOfItsSlotsToTheNext() throws Exception {
        var running = new CountDownLatch(1);
        var runs = new AtomicInteger();
        Intake first =
                start((_, _, _) -> {
                    runs.incrementAndGet();
                    running.countDown();
                    new CountDownLatch(1).await();
                    return JobResult.cancelled();
                });
        send("a", "python");
        assertTrue(running.await(120, TimeUnit.SECONDS));
        first.hurry();
        first.close();
        assertEquals(1, runs.get());
        start((_, _, _) -> JobResult.cancelled(), new MemoryLedger(), settings);
        awaitResults("CANCELLED a #2");
    }

    @Test
    void aReplicaThatClosesLetsItsJobsEndWithinTheGrace() throws Exception {
        var running = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        Intake intake =
                start((_, _, _) -> {
                    running.countDown();
                    go.await();
                    return JobResult.cancelled();
                });
        send("a", "python");
        assertTrue(running.await(120, TimeUnit.SECONDS));
        Thread closing = Thread.ofVirtual().start(intake::close);
        await().atMost(SOON).until(() -> !intake.ready().ready());
        go.countDown();
        closing.join();
        awaitResults("CANCELLED a #1");
    }

    @Test
    void aPausedReplicaTakesNothing() throws Exception {
        Intake intake = start((_, _, _) -> JobResult.cancelled());
        assertEquals("CANCELLED a #1", sendAndWait("a", "python"));
        intake.pause("the disk is full");
        assertEquals(new Intake.Readiness(false, "the disk is full"), intake.ready());
        await().atMost(SOON).until(intake::isQuiet);
        try (var awaited = client.awaitResult("b")) {
            send("b", "python");
            assertTrue(awaited.within(Duration.ofSeconds(2)).isEmpty());
            intake.resume("the disk is full");
            assertEquals("CANCELLED b #1", TextWire.text(awaited.within(SOON).orElseThrow()));
        }
    }

    @Test
    void anAnswerThatADeadReplicaPublishedIsFoundAndNotGivenTwice() throws Exception {
        // The first attempt publishes, and dies before it can acknowledge.
        Ledger lost = new MemoryLedger();
        var runs = new AtomicInteger();
        start(
                (job, _, _) -> {
                    runs.incrementAndGet();
                    try (var publisher =
                            new Publisher(new KafkaClients(settings), "dead", _ -> {})) {
                        publisher.publish(
                                new ProducerRecord<>(
                                        settings.topics().results(),
                                        job.id().getBytes(UTF_8),
                                        "SUCCEEDED a #1".getBytes(UTF_8)));
                    } catch (Outbox.RefusedRecordException e) {
                        throw new IllegalStateException(e);
                    }
                    throw new Fault("box", Fault.Next.RETRY_HERE, "died");
                },
                lost,
                settings);
        send("a", "python");
        await().atMost(SOON).until(() -> lost.find("a").isPresent());
        assertEquals("SUCCEEDED", lost.find("a").orElseThrow().outcome());
        assertEquals(1, runs.get());
        awaitResults("SUCCEEDED a #1");
    }

    @Test
    void aBacklogOfShortJobsIsTakenByTheHandfulAndEachIsAnsweredOnce() throws Exception {
        var deliveries = new ConcurrentHashMap<String, Integer>();
        sendAll(MANY);
        Intake intake =
                start((job, _, _) -> {
                    deliveries.merge(job.id(), 1, Integer::sum);
                    return JobResult.cancelled();
                });
        var most = new AtomicInteger();
        await().atMost(SOON.multipliedBy(2))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    most.accumulateAndGet(intake.held(), Math::max);
                    return heard.count("finished CANCELLED") == MANY;
                });
        assertEquals(MANY, deliveries.size());
        assertEquals(MANY, deliveries.values().stream().mapToInt(times -> times).sum());
        assertTrue(most.get() > settings.executeSlots(), "at most held: " + most);
        assertEquals(List.of(), fatal);
    }

    @Test
    void jobsThatWaitInAHandfulForALongOneAreGivenToOthers() throws Exception {
        var go = new CountDownLatch(1);
        var stuck = new AtomicInteger();
        sendAll(MANY);
        var first = new AtomicReference<Intake>();
        Intake intake = start(stuckInAHandful(first, stuck, go));
        first.set(intake);
        await().atMost(SOON).until(() -> stuck.get() == settings.executeSlots());
        start((_, _, _) -> JobResult.cancelled(), new MemoryLedger(), settings);
        int all = MANY - settings.executeSlots();
        await().atMost(SOON.multipliedBy(2)).until(() -> heard.count("finished CANCELLED") == all);
        assertEquals(settings.executeSlots(), intake.held());
        go.countDown();
        await().atMost(SOON).until(() -> heard.count("finished CANCELLED") == MANY);
        assertEquals(0, heard.count("lock lost"));
    }

    @Test
    void jobsThatWaitInAHandfulAreGivenBackWhenThisReplicaIsPaused() throws Exception {
        var go = new CountDownLatch(1);
        var stuck = new AtomicInteger();
        sendAll(MANY);
        var first = new AtomicReference<Intake>();
        Intake intake = start(stuckInAHandful(first, stuck, go));
        first.set(intake);
        await().atMost(SOON).until(() -> stuck.get() == settings.executeSlots());
        intake.pause("test");
        await().atMost(SOON).until(() -> intake.held() == settings.executeSlots());
        go.countDown();
        await().atMost(SOON).until(intake::isQuiet);
        assertEquals(settings.executeSlots(), stuck.get());
        intake.resume("test");
        await().atMost(SOON.multipliedBy(2)).until(() -> heard.count("finished CANCELLED") == MANY);
    }

    /** As soon as the replica holds more than it works on, whatever is begun takes for ever. */
    private JobRunner stuckInAHandful(
            AtomicReference<Intake> replica, AtomicInteger stuck, CountDownLatch go) {
        return (_, _, _) -> {
            Intake there = replica.get();
            boolean more = there != null && there.held() > settings.executeSlots();
            if (more || stuck.get() > 0) {
                stuck.incrementAndGet();
                go.await();
            }
            return JobResult.cancelled();
        };
    }

    private void sendAll(int jobs) throws Exception {
        var all = new LinkedHashMap<String, byte[]>();
        for (int i = 0; i < jobs; i++) {
            all.put("a" + i, TextWire.job("a" + i, "python"));
        }
        client.sendAll(JobTopic.EXECUTE, all);
    }

    @Test
    void progressIsReadWhileTheJobRuns() throws Exception {
        var seen = new CountDownLatch(1);
        start((_, progress, _) -> {
            progress.line(Progress.Tag.NOTE, "half way");
            seen.await();
            return JobResult.cancelled();
        });
        send("a", "python");
        client.progress(
                new BoxcarClient.View("a", true, true),
                line -> {
                    assertEquals("NOTE half way", TextWire.text(line.value()));
                    seen.countDown();
                    return false;
                },
                () -> true);
        awaitResults("CANCELLED a #1");
    }

    /** As replicas do that are killed with it; what they hold is given back when they are gone. */
    private void takeAndGiveBack(int times) {
        try (var consumer =
                new KafkaClients(settings)
                        .share(settings.topics().group(JobTopic.EXECUTE), "killed", 1)) {
            consumer.subscribe(List.of(settings.topics().jobs(JobTopic.EXECUTE)));
            var taken = new AtomicInteger();
            await().atMost(SOON)
                    .until(() -> {
                        for (var record : consumer.poll(Duration.ofMillis(100))) {
                            taken.incrementAndGet();
                            consumer.acknowledge(record, AcknowledgeType.RELEASE);
                            consumer.commitSync();
                        }
                        return taken.get() == times;
                    });
        }
    }

    @Test
    void aJobWhoseReplicaDiesWithTheLastDeliveryIsAnsweredByTheNext() throws Exception {
        send("a", "python");
        takeAndGiveBack(settings.deliveryLimit());
        start((_, _, _) -> JobResult.cancelled());
        int next = settings.deliveryLimit() + 1;
        awaitResults(
                "FAULT a #" + next + " deliveries: delivered " + next + " times, never finished");
    }

    @Test
    void jobsGoOnAfterTheBrokerWasAwayAndWhatRanThenIsStoppedAndRunAgain() throws Exception {
        var runs = new AtomicInteger();
        var running = new CountDownLatch(1);
        Intake intake =
                start((_, _, _) -> {
                    if (runs.incrementAndGet() == 1) {
                        running.countDown();
                        new CountDownLatch(1).await();
                    }
                    return JobResult.cancelled();
                });
        send("a", "python");
        assertTrue(running.await(120, TimeUnit.SECONDS));
        cluster.stop();
        await().atMost(SOON).until(() -> heard.count("lock lost") == 1);
        await().atMost(SOON).until(() -> !intake.ready().ready());
        cluster.startAgain();
        await().atMost(SOON).until(() -> heard.count("finished CANCELLED") == 1);
        // It may have been taken once more while the broker was yet to lead the partition.
        assertTrue(runs.get() >= 2, () -> runs + " runs");
        await().atMost(SOON).until(() -> intake.ready().ready());
        assertEquals(List.of(), fatal);
    }

    @Test
    void jobsOfAPartitionThatTheTopicDidNotHaveAtFirstAreAnswered() throws Exception {
        start((_, _, _) -> JobResult.cancelled());
        send("a", "python");
        awaitResults("CANCELLED a #1");
        String topic = settings.topics().jobs(JobTopic.EXECUTE);
        try (var admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()))) {
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
        }
        List<String> wanted = new ArrayList<>(List.of("CANCELLED a #1"));
        for (int i = 0; i < 12; i++) {
            send("b" + i, "python");
            wanted.add("CANCELLED b" + i + " #1");
        }
        awaitResults(wanted.toArray(String[]::new));
        assertEquals(0, heard.count("lock lost"));
    }

    private static void awaitCancel(Cancellation cancellation) throws InterruptedException {
        var cancelled = new CountDownLatch(1);
        try (var _ = cancellation.onCancel(cancelled::countDown)) {
            cancelled.await();
        }
    }

    private IntakeSettings withGrace(Duration grace) {
        return new IntakeSettings(
                settings.prefix(),
                settings.kafka(),
                1,
                0,
                settings.deliveryLimit(),
                settings.lock(),
                grace,
                "other",
                false,
                settings.maxResultBytes(),
                settings.faultBackOff());
    }

    private Intake start(JobRunner runner) {
        return start(runner, ledger, settings);
    }

    private Intake start(JobRunner runner, Ledger itsLedger, IntakeSettings itsSettings) {
        Intake intake =
                Intake.open(
                        itsSettings,
                        new TextWire(),
                        new Intake.Contracts(itsLedger, runner, heard),
                        fatal::add);
        open.add(intake);
        intake.start();
        return intake;
    }

    private void send(String id, String content) throws Fault, InterruptedException {
        client.send(JobTopic.EXECUTE, id, TextWire.job(id, content));
    }

    private String sendAndWait(String id, String content) throws Fault, InterruptedException {
        try (var awaited = client.awaitResult(id)) {
            send(id, content);
            return TextWire.text(awaited.within(SOON).orElseThrow());
        }
    }

    private void awaitResults(String... wanted) {
        List<String> sorted = List.of(wanted).stream().sorted().toList();
        await().atMost(SOON)
                .untilAsserted(() -> {
                    List<String> there = new ArrayList<>();
                    client.results(
                            new BoxcarClient.View(null, true, false),
                            raw -> there.add(TextWire.text(raw.value())));
                    assertEquals(sorted, there.stream().sorted().toList());
                });
    }
}
