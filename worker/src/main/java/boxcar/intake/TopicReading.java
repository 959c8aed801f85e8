package boxcar.intake;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Reads all partitions of a topic from some point, without a group. For the consumer's thread. */
final class TopicReading {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;

    private TopicReading(KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        this.consumer = consumer;
        this.partitions = partitions;
    }

    /**
     * Gives the consumer all partitions of a topic; it is to be told next where to begin.
     *
     * @throws UnknownTopicOrPartitionException if there is no such topic
     */
    static TopicReading assign(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        List<TopicPartition> partitions =
                naming(topic, () -> consumer.partitionsFor(topic, PATIENCE)).stream()
                        .map(p -> new TopicPartition(p.topic(), p.partition()))
                        .toList();
        if (partitions.isEmpty()) {
            throw new UnknownTopicOrPartitionException("there is no topic " + topic);
        }
        consumer.assign(partitions);
        return new TopicReading(consumer, partitions);
    }

    /** Kafka does not always say which topic it is that we may not read. */
    private static <T> T naming(String topic, Supplier<T> call) {
        try {
            return call.get();
        } catch (TopicAuthorizationException e) {
            throw e.unauthorizedTopics().isEmpty()
                    ? new TopicAuthorizationException(Set.of(topic))
                    : e;
        }
    }

    private <T> T naming(Supplier<T> call) {
        return naming(partitions.getFirst().topic(), call);
    }

    void fromBeginning() {
        naming(() -> consumer.beginningOffsets(partitions, PATIENCE)).forEach(consumer::seek);
    }

    void fromEnd() {
        ends().forEach(consumer::seek);
    }

    /** From the first record that is not older. */
    void from(Instant time) {
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(p -> wanted.put(p, Math.max(0, time.toEpochMilli())));
        Map<TopicPartition, Long> ends = ends();
        naming(() -> consumer.offsetsForTimes(wanted, PATIENCE))
                .forEach((partition, found) ->
                        consumer.seek(
                                partition,
                                found == null ? ends.getOrDefault(partition, 0L) : found.offset()));
    }

    /** Where the topic ends now; also tells whether the broker answers. */
    Map<TopicPartition, Long> ends() {
        return ends(PATIENCE);
    }

    Map<TopicPartition, Long> ends(Duration patience) {
        return naming(() -> consumer.endOffsets(partitions, patience));
    }

    boolean hasReached(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue());
    }
}
