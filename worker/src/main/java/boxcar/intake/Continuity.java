package boxcar.intake;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;

/**
 * Tells whether a delivery's count can be believed. A broker that restarts forgets who holds which
 * record, and delivers it again with an unchanged count (measured on Kafka 4.4). It cannot restart
 * without our connection being closed: so what was in the topic when the connection was made may
 * have been delivered before, to anybody; what came later has not.
 *
 * <p>Whoever held such a record lost it with the restart, and can tell of it only for as long as
 * its lock and its producer last: results that are read after that tell for good.
 *
 * <p>A consumer that is opened anew need not begin from nothing: what another one of this replica
 * knows, whose connection has lasted, is true for it as well.
 *
 * <p>For the slot's thread, save for what {@link #watch} returns.
 */
final class Continuity implements AutoCloseable {
    private static final Set<String> CONNECTIONS =
            Set.of("connection-close-total", "connection-creation-total");
    private static final double NEVER = -1;

    private final Connections others;
    private final String topic;
    private final List<Metric> connections;
    private volatile Known known = Known.NOTHING;

    Continuity(Connections others, KafkaShareConsumer<byte[], byte[]> consumer, String topic) {
        this.others = others;
        this.topic = topic;
        this.connections =
                consumer.metrics().values().stream()
                        .filter(metric -> CONNECTIONS.contains(metric.metricName().name()))
                        .<Metric>map(metric -> metric)
                        .toList();
        if (connections.size() < CONNECTIONS.size()) {
            throw new IllegalStateException("Kafka's consumer does not count its connections");
        }
    }

    /**
     * What is known while the connections are those of then.
     *
     * @param connections how many were made and closed by then
     * @param since where the topic ended
     * @param settled when nobody can tell any more of what came before, by {@link System#nanoTime}
     */
    record Known(double connections, Map<TopicPartition, Long> since, long settled) {
        static final Known NOTHING = new Known(NEVER, Map.of(), 0);
    }

    /** To be called after each poll: what comes after this is new while the connection lasts. */
    void refresh() throws InterruptedException {
        double now = connections();
        if (now != known.connections && now > 0) {
            Optional<Known> learned = others.knowOf(topic);
            if (learned.isPresent()) {
                Known of = learned.get();
                known = new Known(now, of.since, of.settled);
            }
        }
    }

    String topic() {
        return topic;
    }

    /** What is known of a topic of one partition, if the connection has lasted. For any thread. */
    Optional<Known> lasting() {
        Known now = known;
        return now.since.size() == 1 && connections() == now.connections
                ? Optional.of(now)
                : Optional.empty();
    }

    @Override
    public void close() {
        others.forget(this);
    }

    /**
     * For a record that the last poll brought.
     *
     * @return until when, by {@link System#nanoTime}, somebody else may have told of the job, if
     *     anybody may; any thread may ask, and what it hears may change while the job runs
     */
    Supplier<OptionalLong> watch(ConsumerRecord<byte[], byte[]> record) {
        Known then = known;
        double now = connections();
        if (now != then.connections) {
            return () -> OptionalLong.of(System.nanoTime());
        }
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        boolean old = record.offset() < then.since.getOrDefault(partition, Long.MAX_VALUE);
        OptionalLong until = old ? OptionalLong.of(then.settled) : OptionalLong.empty();
        return () -> connections() == now ? until : OptionalLong.of(System.nanoTime());
    }

    private double connections() {
        return connections.stream()
                .mapToDouble(metric -> metric.metricValue() instanceof Double count ? count : NEVER)
                .sum();
    }
}
