package boxcar.intake;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/** Asks where topics end, by one consumer for all who ask. Safe for many threads. */
final class TopicEnds implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaClients clients;
    private final String clientId;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable KafkaConsumer<byte[], byte[]> consumer;

    TopicEnds(KafkaClients clients, String clientId) {
        this.clients = clients;
        this.clientId = clientId;
    }

    /**
     * @return the offset after the last record of each partition; nothing if the broker does not
     *     say
     */
    Optional<Map<TopicPartition, Long>> of(String topic) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            KafkaConsumer<byte[], byte[]> open = consumer;
            if (open == null) {
                open = clients.reader(clientId);
                consumer = open;
            }
            return Optional.of(TopicReading.assign(open, topic).ends(PATIENCE));
        } catch (InterruptException e) {
            Thread.interrupted();
            drop();
            throw new InterruptedException("while asking for the end of " + topic);
        } catch (KafkaException e) {
            drop();
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private void drop() {
        KafkaConsumer<byte[], byte[]> open = consumer;
        consumer = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            drop();
        } finally {
            lock.unlock();
        }
    }
}
