package boxcar.intake;

import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Tells whether a delivery's count can be believed. A broker that restarts forgets who holds which
 * record, and delivers it again with an unchanged count (measured on Kafka 4.4). It cannot restart
 * without our connection being closed: so what was in the topic when the connection was made may
 * have been delivered before, to anybody; what came later has not.
 *
 * <p>For the slot's thread, save for what {@link #watch} returns.
 */
final class Continuity {
    private static final double NEVER = -1;

    private final KafkaClients clients;
    private final String clientId;
    private final List<Metric> closings;
    private double closed = NEVER;
    private Map<TopicPartition, Long> since = Map.of();

    Continuity(KafkaClients clients, String clientId, KafkaShareConsumer<byte[], byte[]> consumer) {
        this.clients = clients;
        this.clientId = clientId;
        this.closings =
                consumer.metrics().values().stream()
                        .filter(metric ->
                                metric.metricName().name().equals("connection-close-total"))
                        .<Metric>map(metric -> metric)
                        .toList();
        if (closings.isEmpty()) {
            throw new IllegalStateException("Kafka's consumer does not count its connections");
        }
    }

    /**
     * For a record that a poll just brought.
     *
     * @return whether its count may be too low, now or when it is asked again; any thread may ask
     */
    BooleanSupplier watch(ConsumerRecord<byte[], byte[]> record) throws InterruptedException {
        double now = closings();
        if (now != closed && learnEnds(record.topic())) {
            closed = now;
        }
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (now != closed || record.offset() < since.getOrDefault(partition, Long.MAX_VALUE)) {
            return () -> true;
        }
        return () -> closings() != now;
    }

    private double closings() {
        return closings.stream()
                .mapToDouble(metric -> metric.metricValue() instanceof Double count ? count : NEVER)
                .sum();
    }

    private boolean learnEnds(String topic) throws InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer = clients.reader(clientId + "-ends")) {
            since = TopicReading.assign(consumer, topic).ends();
            return true;
        } catch (InterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while asking for the end of " + topic);
        } catch (KafkaException e) {
            return false;
        }
    }
}
