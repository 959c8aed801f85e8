package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks of a real broker on records that came together. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(90)
class LeasesTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration LOCK = Duration.ofSeconds(6);
    private static final int TOGETHER = 4;

    private Cluster cluster;

    @BeforeAll
    void startBroker(@TempDir Path folder) throws IOException {
        cluster = new Cluster(folder);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @Test
    void aLockThatCannotBeRenewedTakesNoOthersWithIt() throws Exception {
        withTogether((consumer, records) -> {
            var acknowledged = new AtomicInteger();
            Leases leases = new Leases(consumer, LOCK, acknowledged::incrementAndGet);
            List<Lease> all = leasesOf(leases, records);

            // Behind their back: nobody holds its lock any more.
            consumer.acknowledge(records.iterator().next(), AcknowledgeType.RELEASE);
            consumer.commitSync();
            await().atMost(SOON).until(() -> leases.untilRenewal().toMillis() == 0);
            leases.renewIfDue();

            assertTrue(all.getFirst().isLost());
            assertFalse(leases.areInDoubt());
            for (Lease lease : all.subList(1, TOGETHER)) {
                assertFalse(lease.isLost(), lease::where);
                assertTrue(lease.isHeld(), lease::where);
                leases.accept(lease);
            }
            leases.send();
            // Renewed and accepted.
            assertEquals(2 * (TOGETHER - 1), acknowledged.get());
        });
    }

    /** Locks that ran out are refused; so is a record that was deleted. */
    @Test
    void anAcceptOfADeletedRecordTakesNoOthersWithIt() throws Exception {
        withTogether((consumer, records) -> {
            Set<Long> refused = ConcurrentHashMap.newKeySet();
            Set<Long> accepted = ConcurrentHashMap.newKeySet();
            consumer.setAcknowledgementCommitCallback((offsets, failure) ->
                    offsets.values().forEach((failure == null ? accepted : refused)::addAll));
            Leases leases = new Leases(consumer, LOCK, () -> {});
            List<Lease> all = leasesOf(leases, records);
            ConsumerRecord<byte[], byte[]> second = all.get(1).record();
            try (var admin = new KafkaClients(cluster.settings()).admin("deleter", SOON)) {
                var partition = new TopicPartition(second.topic(), second.partition());
                admin.deleteRecords(
                                Map.of(
                                        partition,
                                        RecordsToDelete.beforeOffset(second.offset() + 1)))
                        .all()
                        .get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
            all.forEach(leases::accept);
            leases.send();
            await().atMost(SOON)
                    .until(() -> {
                        consumer.commitSync(Duration.ofMillis(100));
                        return accepted.size() + refused.size() >= TOGETHER;
                    });
            for (Lease lease : all.subList(2, TOGETHER)) {
                assertTrue(accepted.contains(lease.record().offset()), lease::where);
            }
        });
    }

    /** As on a host so busy that the client's own thread does not come to run for a while. */
    @Test
    void aRenewedRecordThatIsHandedOutLateIsNotLost() throws Exception {
        withTogether((consumer, records) -> {
            var late = new AtomicInteger(8);
            Leases leases = new Leases(handingOutLate(consumer, late), LOCK, () -> {});
            List<Lease> all = leasesOf(leases, records);

            await().atMost(SOON).until(() -> leases.untilRenewal().toMillis() == 0);
            leases.renewIfDue();

            assertEquals(0, late.get());
            assertFalse(leases.areInDoubt());
            for (Lease lease : all) {
                assertTrue(lease.isHeld(), lease::where);
                leases.accept(lease);
            }
            leases.send();
        });
    }

    /** A consumer whose next polls bring nothing. */
    @SuppressWarnings("unchecked")
    private static ShareConsumer<byte[], byte[]> handingOutLate(
            ShareConsumer<byte[], byte[]> consumer, AtomicInteger polls) {
        return (ShareConsumer<byte[], byte[]>)
                Proxy.newProxyInstance(
                        LeasesTest.class.getClassLoader(),
                        new Class<?>[] {ShareConsumer.class},
                        (_, method, arguments) -> {
                            if (method.getName().equals("poll") && polls.get() > 0) {
                                polls.decrementAndGet();
                                return ConsumerRecords.empty();
                            }
                            return method.invoke(consumer, arguments);
                        });
    }

    private interface Body {
        void with(
                KafkaShareConsumer<byte[], byte[]> consumer,
                ConsumerRecords<byte[], byte[]> records)
                throws Exception;
    }

    /** Records that came together from a topic of their own. */
    private void withTogether(Body body) throws Exception {
        IntakeSettings settings = settings(cluster.settings());
        new Topics(settings).create(1, _ -> {});
        var clients = new KafkaClients(settings);
        String topic = settings.topics().jobs(JobTopic.EXECUTE);
        send(clients, topic);
        try (var consumer =
                clients.share(settings.topics().group(JobTopic.EXECUTE), "one", TOGETHER)) {
            consumer.subscribe(List.of(topic));
            ConsumerRecords<byte[], byte[]> records = poll(consumer);
            assertEquals(TOGETHER, records.count());
            body.with(consumer, records);
        }
    }

    private static List<Lease> leasesOf(Leases leases, ConsumerRecords<byte[], byte[]> records) {
        List<Lease> all = new ArrayList<>();
        records.forEach(record -> all.add(leases.of(record)));
        return all;
    }

    private static IntakeSettings settings(IntakeSettings there) {
        return new IntakeSettings(
                there.prefix(),
                there.kafka(),
                1,
                1,
                there.deliveryLimit(),
                LOCK,
                there.shutdownGrace(),
                there.replica(),
                false,
                there.maxResultBytes(),
                there.faultBackOff());
    }

    private static void send(KafkaClients clients, String topic) throws Exception {
        try (var producer = clients.durableProducer("producer")) {
            for (int i = 0; i < TOGETHER; i++) {
                producer.send(new ProducerRecord<>(topic, ("job-" + i).getBytes(UTF_8)))
                        .get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    private static ConsumerRecords<byte[], byte[]> poll(KafkaShareConsumer<byte[], byte[]> consumer)
            throws InterruptedException {
        return new LongPoll(consumer).poll();
    }
}
