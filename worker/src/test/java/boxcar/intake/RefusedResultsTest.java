package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.JobResult;
import boxcar.job.Telemetry;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real broker that refuses results: no job ends in silence. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class RefusedResultsTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int DELIVERIES = 3;

    private final AtomicInteger ids = new AtomicInteger();
    private SecuredBroker broker;
    private BoxcarClient client;
    private AclBinding write;

    @BeforeAll
    void startBroker(@TempDir Path folder) throws Exception {
        broker = new SecuredBroker(folder);
        broker.user("worker", "right");
        new Topics(settings(broker.adminSettings())).create(1, _ -> {});
        broker.grant(AclCommands.of("worker"));
        client = new BoxcarClient(settings(broker.adminSettings()), new TextWire());
        write =
                AclCommands.of("worker").stream()
                        .filter(acl -> acl.pattern().name().equals("boxcar.results"))
                        .filter(acl -> acl.entry().operation() == AclOperation.WRITE)
                        .findFirst()
                        .orElseThrow();
    }

    @AfterAll
    void stopBroker() {
        client.close();
        broker.close();
    }

    @Tried("The results topic takes no record as large as the result")
    @Must("a smaller FAULT that says so, with the size")
    @Test
    void aResultThatTheTopicFindsTooLargeBecomesASmallerFaultThatSaysSo() throws Exception {
        resultsTake(2000);
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (var _ = worker(fatal, 100_000)) {
            String id = send();
            await().atMost(SOON).until(() -> !results(id).isEmpty());
            String result = results(id).getFirst();
            assertTrue(
                    result.matches(
                            "FAULT %s #1 publish: the result of 100\\d+ bytes is refused: .*"
                                            .formatted(id)
                                    + "RecordTooLargeException\\)"),
                    result);
            assertEquals(List.of(), fatal);
        } finally {
            resultsTake(1 << 20);
        }
    }

    @Tried("The results topic takes no record as large as that FAULT either")
    @Must("a dead letter with the job and the reason")
    @Test
    void aTopicThatTakesNotEvenThatLeavesADeadLetterThatSaysSo() throws Exception {
        resultsTake(10);
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (var _ = worker(fatal, 10)) {
            String id = send();
            await().atMost(SOON).until(() -> !letters(id).isEmpty());
            ConsumerRecord<byte[], byte[]> letter = letters(id).getFirst();
            assertEquals("result-refused", header(letter, "boxcar.reason"));
            String message = header(letter, "boxcar.message");
            assertTrue(message.endsWith("(RecordTooLargeException)"), message);
            assertEquals("run " + id + " content", TextWire.text(letter.value()));
            assertEquals(List.of(), fatal);
            assertEquals(List.of(), results(id));
        } finally {
            resultsTake(1 << 20);
        }
    }

    /**
     * Each worker that may not write stops and leaves the job where it is; the last delivery, which
     * nobody may answer either, goes to the dead letters.
     */
    @Tried("No permission to write results, for as many workers as there are deliveries")
    @Must("each worker stops with one line; the last delivery is a dead letter that says so")
    @Test
    void withoutPermissionEachWorkerStopsAndTheLastDeliveryIsADeadLetterThatSaysSo()
            throws Exception {
        broker.revoke(write);
        try {
            String id = send();
            for (int delivery = 1; delivery <= DELIVERIES; delivery++) {
                assertEquals(0, letters(id).size());
                stopsForWantOfPermission();
            }
            await().atMost(SOON).until(() -> !letters(id).isEmpty());
            ConsumerRecord<byte[], byte[]> letter = letters(id).getFirst();
            assertEquals("deliveries", header(letter, "boxcar.reason"));
            String message = header(letter, "boxcar.message");
            assertTrue(
                    message.startsWith(
                            "the last delivery failed: cannot write to boxcar.results: Not"
                                    + " authorized"),
                    message);
        } finally {
            broker.grant(List.of(write));
        }
    }

    @Tried("No permission to write results, given back before the last delivery")
    @Must("the worker stops with one line; the next answers the job")
    @Test
    void aJobThatMetNoPermissionIsAnsweredOnceThereIsSome() throws Exception {
        broker.revoke(write);
        String id = send();
        try {
            stopsForWantOfPermission();
        } finally {
            broker.grant(List.of(write));
        }
        assertEquals(List.of(), results(id));
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (var _ = worker(fatal, 10)) {
            await().atMost(SOON).until(() -> !results(id).isEmpty());
        }
        assertTrue(results(id).getFirst().startsWith("CANCELLED " + id), results(id)::toString);
        assertEquals(List.of(), fatal);
        assertEquals(0, letters(id).size());
    }

    private void stopsForWantOfPermission() {
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (Intake intake = worker(fatal, 10)) {
            await().atMost(SOON).until(() -> !fatal.isEmpty());
            assertFalse(intake.ready().ready());
        }
        assertEquals(1, fatal.size());
        String line = fatal.getFirst();
        assertTrue(line.startsWith("We cannot write to boxcar.results: Not authorized"), line);
        assertTrue(line.endsWith("docs/operations.md, Access, lists all of them"), line);
    }

    /** A worker whose jobs end with so many bytes to tell. */
    private Intake worker(List<String> fatal, int bytes) {
        JobResult result = JobResult.cancelled().withRuntime(1L, "x".repeat(bytes));
        Intake intake =
                Intake.open(
                        settings(broker.settings("worker", "right")),
                        new TextWire(),
                        new Intake.Contracts(
                                new MemoryLedger(), (_, _, _) -> result, Telemetry.NONE),
                        fatal::add);
        intake.start();
        return intake;
    }

    private String send() throws Exception {
        String id = "refused-" + ids.incrementAndGet();
        client.send(JobTopic.EXECUTE, id, TextWire.job(id, "content"));
        return id;
    }

    private List<String> results(String id) {
        List<String> found = new ArrayList<>();
        client.results(
                new BoxcarClient.View(id, true, false),
                raw -> found.add(TextWire.text(raw.value())));
        return found;
    }

    private List<ConsumerRecord<byte[], byte[]>> letters(String id) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaClients(settings(broker.adminSettings())).reader("letters")) {
            TopicReading topic = TopicReading.assign(consumer, "boxcar.dead-letters");
            topic.fromBeginning();
            var ends = topic.ends();
            while (!topic.hasReached(ends)) {
                for (var letter : consumer.poll(Duration.ofMillis(200))) {
                    if (id.equals(TextWire.text(letter.key()))) {
                        found.add(letter);
                    }
                }
            }
        }
        return found;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), UTF_8);
    }

    private void resultsTake(int bytes) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "boxcar.results");
        var set =
                new AlterConfigOp(
                        new ConfigEntry("max.message.bytes", String.valueOf(bytes)),
                        AlterConfigOp.OpType.SET);
        broker.admin()
                .incrementalAlterConfigs(Map.of(topic, List.of(set)))
                .all()
                .get(120, TimeUnit.SECONDS);
    }

    private static IntakeSettings settings(Map<String, String> kafka) {
        return new IntakeSettings(
                "boxcar",
                kafka,
                1,
                0,
                DELIVERIES,
                Duration.ofSeconds(15),
                Duration.ofSeconds(5),
                "here",
                false,
                1 << 20,
                Duration.ofMillis(20));
    }
}
