package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locks of a real broker on records that came together. */
@Timeout(90)
class LeasesTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration LOCK = Duration.ofSeconds(6);
    private static final int TOGETHER = 4;

    @Test
    void aLockThatCannotBeRenewedTakesNoOthersWithIt(@TempDir Path folder) throws Exception {
        try (Cluster cluster = new Cluster(folder)) {
            IntakeSettings settings = settings(cluster.settings());
            new Topics(settings).create(1, _ -> {});
            var clients = new KafkaClients(settings);
            String topic = settings.topics().jobs(JobTopic.EXECUTE);
            send(clients, topic);
            var acknowledged = new AtomicInteger();
            try (var consumer =
                    clients.share(settings.topics().group(JobTopic.EXECUTE), "one", TOGETHER)) {
                consumer.subscribe(List.of(topic));
                ConsumerRecords<byte[], byte[]> records = poll(consumer);
                assertEquals(TOGETHER, records.count());
                Leases leases = new Leases(consumer, LOCK, acknowledged::incrementAndGet);
                List<Lease> all = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    all.add(leases.of(record));
                }

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
            }
        }
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
