package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.JobResult;
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
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs and cancels that are sent in Kafka's transactions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class TransactionsTest extends Telling {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration A_WHILE = Duration.ofSeconds(1);
    private static final int MANY = 30;

    private final Map<String, Integer> runs = new ConcurrentHashMap<>();
    private final List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
    private final List<String> fatal = new CopyOnWriteArrayList<>();
    private Cluster cluster;
    private IntakeSettings settings;
    private BoxcarClient client;
    private Heard heard;
    private Intake intake;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        cluster = new Cluster(directory);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @BeforeEach
    void startReplica() throws InterruptedException {
        settings = cluster.settings();
        new Topics(settings).create(1, _ -> {});
        client = new BoxcarClient(settings, new TextWire());
        heard = new Heard();
        runs.clear();
        intake =
                Intake.open(
                        settings,
                        new TextWire(),
                        new Intake.Contracts(
                                new MemoryLedger(),
                                (job, _, _) -> {
                                    runs.merge(job.id(), 1, Integer::sum);
                                    return JobResult.fault("ran", "here");
                                },
                                heard),
                        fatal::add);
        intake.start();
    }

    @AfterEach
    void stopReplica() {
        producers.forEach(producer -> producer.close(Duration.ZERO));
        producers.clear();
        intake.close();
        client.close();
        assertEquals(List.of(), fatal);
    }

    @Tried("Jobs are sent in transactions that are open, aborted, committed, and in none")
    @Must("an open one's wait, an aborted one's never run, all others run once")
    @Test
    void jobsOfOpenTransactionsWaitAndOfAbortedOnesNeverRun() throws Exception {
        client.send(JobTopic.EXECUTE, "before", TextWire.job("before", "python"));
        KafkaProducer<byte[], byte[]> open = begin("open", "open-1", "open-2");
        begin("aborted", "aborted-1", "aborted-2").abortTransaction();
        begin("committed", "committed-1").commitTransaction();
        client.send(JobTopic.EXECUTE, "behind", TextWire.job("behind", "python"));
        awaitRuns("before");

        // What is behind an open transaction waits with it: the order of the topic is kept.
        try (var awaited = client.awaitResult("behind")) {
            assertTrue(awaited.within(A_WHILE).isEmpty());
            assertEquals(Map.of("before", 1), runs);
            open.commitTransaction();
            assertFalse(awaited.within(SOON).isEmpty());
        }
        awaitRuns("before", "open-1", "open-2", "committed-1", "behind");
        assertEquals(5, runs.size(), runs::toString);
        tell("2 open, then committed; 2 aborted; 3 others: " + runs.size() + " run, each once");
    }

    @Test
    void whatIsBehindATransactionRunsWhenThatIsAborted() throws Exception {
        KafkaProducer<byte[], byte[]> open = begin("open", "never");
        client.send(JobTopic.EXECUTE, "behind", TextWire.job("behind", "python"));
        try (var awaited = client.awaitResult("behind")) {
            assertTrue(awaited.within(A_WHILE).isEmpty());
            open.abortTransaction();
            assertFalse(awaited.within(SOON).isEmpty());
        }
        assertEquals(Map.of("behind", 1), runs);
    }

    @Test
    void aProducerThatDiedLeavesNoJobsWhenItsNextLifeBegins() throws Exception {
        begin("same", "never");
        begin("same", "again").commitTransaction();
        awaitRuns("again");
        assertEquals(Map.of("again", 1), runs);
    }

    /** Each transaction has a mark at its end, which a slot gets in place of a job. */
    @Test
    void jobsOfManyTransactionsFollowEachOther() throws Exception {
        KafkaProducer<byte[], byte[]> producer = transactional("many");
        for (int i = 0; i < MANY; i++) {
            producer.beginTransaction();
            send(producer, "many-" + i);
            if (i % 3 == 0) {
                producer.flush();
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
        }
        await().atMost(SOON).until(() -> heard.count("finished FAULT") == MANY * 2 / 3);
        assertEquals(MANY * 2 / 3, runs.size(), runs::toString);
        assertEquals(MANY * 2 / 3, heard.count("taken #1"));
    }

    @Test
    void aCancelOfAnAbortedTransactionCancelsNothing() throws Exception {
        KafkaProducer<byte[], byte[]> producer = transactional("cancel");
        producer.beginTransaction();
        var _ = producer.send(cancel("stays"));
        producer.flush();
        producer.abortTransaction();
        // Once a later one is known, the first would be.
        String later;
        int i = 0;
        do {
            later = "goes-" + i++;
            producer.beginTransaction();
            var _ = producer.send(cancel(later));
            producer.commitTransaction();
        } while (!result(later).startsWith("CANCELLED"));
        assertEquals("FAULT stays #1 ran: here", result("stays"));
    }

    private String result(String id) throws Exception {
        try (var awaited = client.awaitResult(id)) {
            client.send(JobTopic.EXECUTE, id, TextWire.job(id, "python"));
            return TextWire.text(awaited.within(SOON).orElseThrow());
        }
    }

    private ProducerRecord<byte[], byte[]> cancel(String id) {
        return new ProducerRecord<>(
                settings.topics().control(), id.getBytes(UTF_8), new TextWire().cancel(id));
    }

    /** Each has run once. */
    private void awaitRuns(String... ids) {
        for (String id : ids) {
            await().atMost(SOON).until(() -> runs.getOrDefault(id, 0) >= 1);
            assertEquals(1, runs.get(id), id);
        }
    }

    private KafkaProducer<byte[], byte[]> begin(String id, String... jobs) {
        KafkaProducer<byte[], byte[]> producer = transactional(id);
        producer.beginTransaction();
        for (String job : jobs) {
            send(producer, job);
        }
        producer.flush();
        return producer;
    }

    private KafkaProducer<byte[], byte[]> transactional(String id) {
        var producer =
                new KafkaProducer<>(
                        Map.<String, Object>of(
                                "bootstrap.servers",
                                cluster.bootstrapServers(),
                                "transactional.id",
                                settings.prefix() + id),
                        new ByteArraySerializer(),
                        new ByteArraySerializer());
        producers.add(producer);
        producer.initTransactions();
        return producer;
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String job) {
        var _ =
                producer.send(
                        new ProducerRecord<>(
                                settings.topics().jobs(JobTopic.EXECUTE),
                                job.getBytes(UTF_8),
                                TextWire.job(job, "python")));
    }
}
