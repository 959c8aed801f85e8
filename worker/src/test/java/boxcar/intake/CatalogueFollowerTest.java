package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Catalogue;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class CatalogueFollowerTest {
    private static final Duration SOON = Duration.ofSeconds(90);

    private Cluster cluster;
    private IntakeSettings settings;
    private Told catalogue;

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
        catalogue = new Told();
    }

    @Test
    void theOffsetOfARecordIsToldAndTheFirstIsOne() throws Exception {
        assertEquals(1, append("python"));
        assertEquals(2, append("bash"));
    }

    @Test
    void aLogThatHasRecordsKeepsItsOffsets() throws Exception {
        put("removed python");
        assertEquals(1, append("bash"));
        try (var _ = follow(() -> {})) {
            await().atMost(SOON).until(() -> catalogue.told.equals(List.of("0 python", "1 bash")));
        }
    }

    @Test
    void itCatchesUpWithWhatWasThereAndGoesOn() throws Exception {
        append("python");
        append("bash");
        var caughtUp = new CountDownLatch(1);
        try (var follower = follow(caughtUp::countDown)) {
            assertTrue(caughtUp.await(120, TimeUnit.SECONDS));
            assertTrue(follower.isCaughtUp());
            assertEquals(List.of("0 skipped", "1 python", "2 bash"), catalogue.told);
            append("c");
            await().atMost(SOON).until(() -> catalogue.told.contains("3 c"));
        }
        assertEquals(1, catalogue.logs.size());
    }

    @Test
    void anEmptyLogIsCaughtUpWithAtOnce() throws Exception {
        var caughtUp = new CountDownLatch(1);
        try (var _ = follow(caughtUp::countDown)) {
            assertTrue(caughtUp.await(120, TimeUnit.SECONDS));
        }
    }

    @Test
    void itBeginsWhereTheCatalogueStopped() throws Exception {
        append("python");
        append("bash");
        catalogue.position = 2;
        try (var _ = follow(() -> {})) {
            await().atMost(SOON).until(() -> catalogue.told.equals(List.of("2 bash")));
        }
    }

    @Test
    void aRecordThatCannotBeReadIsSkipped() throws Exception {
        put("x");
        append("bash");
        try (var _ = follow(() -> {})) {
            await().atMost(SOON).until(() -> catalogue.told.equals(List.of("0 skipped", "1 bash")));
        }
    }

    @Test
    void atARecordOfANewerVersionItStopsAndSaysSoOnceAndAfterAnUpdateItGoesOnThere()
            throws Exception {
        append("python");
        put("newer bash");
        append("c");
        var newer = new LinkedBlockingQueue<String>();
        try (var follower = follow(() -> {}, newer)) {
            assertEquals(
                    settings.topics().runtimes()
                            + "-0@2 cannot be followed: a newer Boxcar wrote it. Update this worker",
                    newer.poll(20, TimeUnit.SECONDS));
            append("d");
            assertEquals(List.of("0 skipped", "1 python"), catalogue.told);
            assertFalse(follower.isCaughtUp());
        }
        assertEquals(List.of("0 skipped", "1 python"), catalogue.told, "it is not skipped either");
        assertEquals(2, catalogue.position);
        assertTrue(newer.isEmpty());
    }

    @Test
    void aCatalogueThatFailsIsToldTheSameAgain() throws Exception {
        append("python");
        catalogue.failures.set(1);
        try (var _ = follow(() -> {})) {
            await().atMost(SOON)
                    .until(() -> catalogue.told.equals(List.of("0 skipped", "1 python")));
        }
    }

    @Test
    void itGoesOnAfterTheBrokerWasAway() throws Exception {
        append("python");
        try (var _ = follow(() -> {})) {
            await().atMost(SOON).until(() -> catalogue.told.size() == 2);
            cluster.stop();
            cluster.startAgain();
            append("bash");
            await().atMost(SOON).until(() -> catalogue.told.contains("2 bash"));
        }
    }

    private CatalogueFollower follow(Runnable onCaughtUp) {
        return follow(onCaughtUp, new LinkedBlockingQueue<>());
    }

    private CatalogueFollower follow(Runnable onCaughtUp, Queue<String> newer) {
        return CatalogueFollower.start(
                settings,
                new TextWire(),
                catalogue,
                new CatalogueFollower.Told(onCaughtUp, newer::add, _ -> {}));
    }

    private void put(String value) throws Exception {
        try (var publisher = new Publisher(new KafkaClients(settings), "stranger", _ -> {})) {
            publisher.publish(
                    new ProducerRecord<>(
                            settings.topics().runtimes(),
                            "x".getBytes(UTF_8),
                            value.getBytes(UTF_8)));
        }
    }

    private long append(String name) throws Fault, InterruptedException {
        try (var appender = new CatalogueAppender(settings, new TextWire(), _ -> {})) {
            return appender.append(new CatalogueRecord.Removed(0, name, "job"));
        }
    }

    /** A catalogue that writes down what it is told. */
    private static final class Told implements Catalogue {
        private final List<String> told = new CopyOnWriteArrayList<>();
        private final Set<LogIdentity> logs = ConcurrentHashMap.newKeySet();
        private final AtomicInteger failures = new AtomicInteger();
        private volatile long position;

        @Override
        public java.util.Optional<CatalogueRecord.Removed> removedBy(String jobId) {
            return java.util.Optional.empty();
        }

        @Override
        public Optional<LanguageRuntime> find(long id) {
            return Optional.empty();
        }

        @Override
        public Optional<LanguageRuntime> find(String name) {
            return Optional.empty();
        }

        @Override
        public List<LanguageRuntime> list() {
            return List.of();
        }

        @Override
        public long position(LogIdentity log) {
            logs.add(log);
            return position;
        }

        @Override
        public void follow(long offset, CatalogueRecord entry) throws Fault {
            if (failures.getAndDecrement() > 0) {
                throw new Fault("database", Fault.Next.RETRY_HERE, "locked");
            }
            told.add(offset + " " + ((CatalogueRecord.Removed) entry).name());
            position = offset + 1;
        }

        @Override
        public void skip(long offset) {
            told.add(offset + " skipped");
            position = offset + 1;
        }

        @Override
        public void awaitFollowed(long offset) {
            throw new UnsupportedOperationException("nobody waits here");
        }
    }
}
