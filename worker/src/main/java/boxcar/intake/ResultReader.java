package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Reads results as they come, from the moment on in which it was opened. For one thread at a time;
 * an interrupt ends a call with Kafka's {@code InterruptException}.
 */
public final class ResultReader implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;

    private ResultReader(KafkaConsumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    /** Its place is found when this returns: no later result is missed. */
    static ResultReader open(KafkaConsumer<byte[], byte[]> consumer, String topic) {
        try {
            TopicReading.assign(consumer, topic).fromEnd();
            return new ResultReader(consumer);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /**
     * Waits for results.
     *
     * @return those that are there, in the order of the topic; none if none came in time
     */
    public List<BoxcarClient.Raw> next(Duration patience) {
        List<BoxcarClient.Raw> all = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
            byte[] key = record.key();
            all.add(
                    new BoxcarClient.Raw(
                            record.topic(),
                            record.offset(),
                            Instant.ofEpochMilli(record.timestamp()),
                            key == null ? null : new String(key, UTF_8),
                            record.value()));
        }
        return all;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
