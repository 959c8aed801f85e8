package boxcar.intake;

import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * <p>For the slot's thread, save for what {@link #watch} returns.
 */
final class Continuity {
    private static final Set<String> CONNECTIONS =
            Set.of("connection-close-total", "connection-creation-total");
    private static final double NEVER = -1;

    private final TopicEnds ends;
    private final Duration lock;
    private final List<Metric> connections;
    private double known = NEVER;
    private Map<TopicPartition, Long> since = Map.of();
    private long settled;

    /**
     * @param lock the longest that somebody may hold a record without renewing
     */
    Continuity(TopicEnds ends, Duration lock, KafkaShareConsumer<byte[], byte[]> consumer) {
        this.ends = ends;
        this.lock = lock;
        this.connections =
                consumer.metrics().values().stream()
                        .filter(metric -> CONNECTIONS.contains(metric.metricName().name()))
                        .<Metric>map(metric -> metric)
                        .toList();
        if (connections.size() < CONNECTIONS.size()) {
            throw new IllegalStateException("Kafka's consumer does not count its connections");
        }
    }

    /** To be called after each poll: what comes after this is new while the connection lasts. */
    void refresh(String topic) throws InterruptedException {
        double now = connections();
        if (now != known && now > 0) {
            long asked = System.nanoTime();
            ends.of(topic)
                    .ifPresent(offsets -> {
                        since = offsets;
                        settled = asked + lock.plus(Publisher.MOST).toNanos();
                        known = now;
                    });
        }
    }

    /**
     * For a record that the last poll brought.
     *
     * @return until when, by {@link System#nanoTime}, somebody else may have told of the job, if
     *     anybody may; any thread may ask, and what it hears may change while the job runs
     */
    Supplier<OptionalLong> watch(ConsumerRecord<byte[], byte[]> record) {
        double now = connections();
        if (now != known) {
            return () -> OptionalLong.of(System.nanoTime());
        }
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        boolean old = record.offset() < since.getOrDefault(partition, Long.MAX_VALUE);
        OptionalLong until = old ? OptionalLong.of(settled) : OptionalLong.empty();
        return () -> connections() == now ? until : OptionalLong.of(System.nanoTime());
    }

    private double connections() {
        return connections.stream()
                .mapToDouble(metric -> metric.metricValue() instanceof Double count ? count : NEVER)
                .sum();
    }
}
