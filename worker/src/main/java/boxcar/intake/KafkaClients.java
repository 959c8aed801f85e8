package boxcar.intake;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Opens Kafka's clients: the operator's properties above our defaults, and what our semantics rest
 * on above both. All keys and values are bytes.
 */
final class KafkaClients {
    /**
     * Clients that find no broker try again at most every so often, since each try logs a line. No
     * beans: nobody reads those of dozens of short-lived clients, and their names would clash.
     */
    private static final Map<String, String> DEFAULTS =
            Map.of(
                    "reconnect.backoff.max.ms", "3000",
                    "metric.reporters", "",
                    "enable.metrics.push", "false");

    /** Bytes of records that a slot is given at a time; one that is larger comes alone. */
    private static final int FETCHED_AT_ONCE = 1 << 20;

    private final IntakeSettings settings;

    KafkaClients(IntakeSettings settings) {
        this.settings = settings;
    }

    /**
     * One slot's consumer. It delivers no more records at a time than asked for, nothing is fetched
     * ahead (KIP-932, KIP-1206), and each record is acknowledged by word.
     */
    KafkaShareConsumer<byte[], byte[]> share(String group, String clientId, int most) {
        return new KafkaShareConsumer<>(
                properties(
                        clientId,
                        Map.of(
                                "group.id",
                                group,
                                "share.acknowledgement.mode",
                                "explicit",
                                "share.acquire.mode",
                                "record_limit",
                                "max.poll.records",
                                Integer.toString(most),
                                "fetch.max.bytes",
                                Integer.toString(FETCHED_AT_ONCE),
                                "fetch.min.bytes",
                                "1",
                                "fetch.max.wait.ms",
                                "500",
                                // A slot polls when it is to get a job, which may be days apart.
                                "max.poll.interval.ms",
                                String.valueOf(Integer.MAX_VALUE))),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * A consumer without a group, for whoever reads all of a topic. It sees no record of a
     * transaction that is open or was aborted, and none behind an open one.
     */
    KafkaConsumer<byte[], byte[]> reader(String clientId) {
        return reader(clientId, Map.of("isolation.level", "read_committed"));
    }

    /**
     * A reader that is asked in turns where the topic ends and what is there: a broker answers the
     * requests of a connection in order, and so after a fetch that waits for what is not there yet.
     * It sees what workers wrote, who use no transactions, also behind somebody's open one.
     */
    KafkaConsumer<byte[], byte[]> eagerReader(String clientId) {
        return reader(
                clientId, Map.of("fetch.max.wait.ms", "0", "isolation.level", "read_uncommitted"));
    }

    private KafkaConsumer<byte[], byte[]> reader(String clientId, Map<String, String> more) {
        Map<String, String> ours = new HashMap<>(more);
        ours.put("enable.auto.commit", "false");
        ours.put("auto.offset.reset", "none");
        ours.put("allow.auto.create.topics", "false");
        ours.put("fetch.min.bytes", "1");
        return new KafkaConsumer<>(
                properties(clientId, ours),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * A producer whose acknowledged records are kept and stand once, in order. It waits some
     * milliseconds for more to send together, unless it is flushed.
     */
    KafkaProducer<byte[], byte[]> durableProducer(String clientId) {
        return new KafkaProducer<>(
                properties(
                        clientId,
                        Map.of(
                                "acks", "all",
                                "enable.idempotence", "true",
                                "linger.ms", "15",
                                "max.request.size", String.valueOf(largestRequest()),
                                "max.block.ms", "10000",
                                "request.timeout.ms", "10000",
                                "delivery.timeout.ms", "20000")),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** A producer that may lose records, but does not hold anybody up. */
    KafkaProducer<byte[], byte[]> lossyProducer(String clientId) {
        return new KafkaProducer<>(
                properties(
                        clientId,
                        Map.of(
                                "acks", "1",
                                "enable.idempotence", "false",
                                "linger.ms", "20",
                                "buffer.memory", "4194304",
                                "max.block.ms", "500",
                                "request.timeout.ms", "4000",
                                "delivery.timeout.ms", "5000")),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /**
     * @param patience until a call fails that finds no broker
     * @throws UnusableSettings before anything is sent
     */
    Admin admin(String clientId, Duration patience) {
        return admin(clientId, patience, patience);
    }

    /**
     * A client that sends a request again if it has no answer.
     *
     * @param each how long it waits for the answer to one request
     */
    Admin admin(String clientId, Duration patience, Duration each) {
        try {
            return Admin.create(
                    properties(
                            clientId,
                            Map.of(
                                    "default.api.timeout.ms",
                                    String.valueOf(patience.toMillis()),
                                    "request.timeout.ms",
                                    String.valueOf(each.toMillis()))));
        } catch (KafkaException e) {
            throw new UnusableSettings(e);
        }
    }

    /** No client can be made of the operator's properties. */
    static final class UnusableSettings extends KafkaException {
        UnusableSettings(KafkaException cause) {
            super("no client can be made of the kafka.* settings", cause);
        }
    }

    /** A record of the largest value, with room for its key and headers. */
    private int largestRequest() {
        return Math.max(IntakeSettings.LARGEST_RECORD, settings.maxResultBytes()) + (1 << 20);
    }

    private Map<String, Object> properties(String clientId, Map<String, String> ours) {
        Map<String, Object> all = new HashMap<>(DEFAULTS);
        all.putAll(settings.kafka());
        all.put("client.id", clientId);
        all.putAll(ours);
        return all;
    }
}
