package boxcar.intake;

import boxcar.job.Catalogue;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the catalogue's log into the catalogue, for as long as this replica lives. It begins where
 * the catalogue stopped, and says once when it has come to where the log ended at its start.
 *
 * <p>Survives brokers that go and come, and a catalogue that fails: the same record is then tried
 * again. A record that can never be read is skipped. At a record that a newer version of Boxcar
 * wrote it stops: the replicas that can read it follow it, and this one would have another
 * catalogue than they if it went on.
 */
public final class CatalogueFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CatalogueFollower.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration CLOSING = Duration.ofSeconds(15);

    private final KafkaClients clients;
    private final String clientId;
    private final TopicPartition partition;
    private final Wire wire;
    private final Catalogue catalogue;
    private final Told told;
    private final Gate gate = new Gate();
    private final Reach reach;
    private final Thread thread;
    private volatile boolean caughtUp;
    private boolean troubled;

    private CatalogueFollower(IntakeSettings settings, Wire wire, Catalogue catalogue, Told told) {
        this.clients = new KafkaClients(settings);
        this.clientId = settings.replica() + "-catalogue";
        this.partition = new TopicPartition(settings.topics().runtimes(), 0);
        this.wire = wire;
        this.catalogue = catalogue;
        this.told = told;
        this.reach = new Reach(settings.bootstrapServers(), InstantSource.system());
        this.thread = Thread.ofVirtual().name("catalogue").unstarted(this::follow);
    }

    /**
     * Who hears of it, on the follower's thread.
     *
     * @param onCaughtUp called once
     * @param onNewer gets one line for people at a record of a newer version; nothing is followed
     *     after that
     * @param onFatal gets one line for people when we are refused; nothing is followed after that
     */
    public record Told(Runnable onCaughtUp, Consumer<String> onNewer, Consumer<String> onFatal) {}

    /** The log goes on with a record that only a newer version of Boxcar can read. */
    private static final class NewerRecord extends Exception {
        NewerRecord(String message) {
            super(message, null, false, false);
        }
    }

    public static CatalogueFollower start(
            IntakeSettings settings, Wire wire, Catalogue catalogue, Told told) {
        var follower = new CatalogueFollower(settings, wire, catalogue, told);
        follower.thread.start();
        return follower;
    }

    public boolean isCaughtUp() {
        return caughtUp;
    }

    @Override
    public void close() {
        gate.stop();
        try {
            if (!thread.join(CLOSING)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void follow() {
        try {
            while (!gate.isStopped()) {
                try (KafkaConsumer<byte[], byte[]> consumer = clients.reader(clientId)) {
                    seek(consumer);
                    read(consumer);
                } catch (InterruptException e) {
                    return;
                } catch (NewerRecord e) {
                    told.onNewer.accept(String.valueOf(e.getMessage()));
                    return;
                } catch (KafkaException | TimeoutException e) {
                    reach.lost(e);
                    if (KafkaFailures.isAccess(e)) {
                        told.onFatal.accept(
                                "Cannot read "
                                        + partition.topic()
                                        + ": "
                                        + KafkaFailures.sayAndMend(e));
                        return;
                    }
                    gate.rest(RETRY);
                } catch (Fault | RuntimeException e) {
                    if (!troubled) {
                        log.error("The catalogue cannot follow its log; trying again", e);
                    }
                    troubled = true;
                    gate.rest(RETRY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void seek(KafkaConsumer<byte[], byte[]> consumer)
            throws Fault, InterruptedException, TimeoutException {
        long position = catalogue.position(identity());
        consumer.assign(List.of(partition));
        long first = offset(consumer.beginningOffsets(List.of(partition), PATIENCE).get(partition));
        if (position < first) {
            log.error(
                    "{} begins at {}: {} records before that are lost; the topic is to be kept"
                            + " for ever",
                    partition,
                    first,
                    first - position);
        }
        consumer.seek(partition, Math.max(position, first));
        reach.answered();
    }

    private static long offset(@Nullable Long told) {
        return told == null ? 0 : told;
    }

    private void read(KafkaConsumer<byte[], byte[]> consumer) throws Fault, NewerRecord {
        long end = offset(consumer.endOffsets(List.of(partition), PATIENCE).get(partition));
        while (!gate.isStopped()) {
            if (!caughtUp && consumer.position(partition, PATIENCE) >= end) {
                caughtUp = true;
                told.onCaughtUp.run();
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                take(record);
                troubled = false;
            }
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record) throws Fault, NewerRecord {
        if (record.value() == null) {
            catalogue.skip(record.offset()); // it keeps an offset free, and says nothing
            return;
        }
        CatalogueRecord entry;
        try {
            entry = wire.catalogue(record.value());
        } catch (UnreadableValue e) {
            if (e.isNewer()) {
                throw new NewerRecord(
                        "%s@%d cannot be followed: %s. Update this worker"
                                .formatted(partition, record.offset(), e.getMessage()));
            }
            log.error(
                    "Passing over {}@{}, which cannot be read: {}",
                    partition,
                    record.offset(),
                    e.getMessage());
            catalogue.skip(record.offset());
            return;
        }
        catalogue.follow(record.offset(), entry);
    }

    private Catalogue.LogIdentity identity() throws InterruptedException, TimeoutException {
        try (Admin admin = clients.admin(clientId + "-admin", PATIENCE)) {
            long seconds = PATIENCE.toSeconds();
            String cluster = admin.describeCluster().clusterId().get(seconds, TimeUnit.SECONDS);
            var topics =
                    admin.describeTopics(List.of(partition.topic()))
                            .allTopicNames()
                            .get(seconds, TimeUnit.SECONDS);
            var topic = topics.get(partition.topic());
            if (topic == null) {
                throw new TimeoutException("there is no topic " + partition.topic());
            }
            return new Catalogue.LogIdentity(cluster, topic.topicId().toString());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException kafka) {
                throw kafka;
            }
            throw new KafkaException(e.getCause());
        }
    }
}
