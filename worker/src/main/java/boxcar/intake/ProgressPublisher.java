package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Writes lines of progress for whoever watches. A line that finds the queue full is dropped: nobody
 * waits for a watcher.
 */
final class ProgressPublisher implements AutoCloseable {
    private static final int QUEUED = 10_000;
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final Wire wire;
    private final InstantSource clock;
    private final BlockingQueue<Line> queue = new ArrayBlockingQueue<>(QUEUED);
    private final Thread sender;

    ProgressPublisher(
            KafkaProducer<byte[], byte[]> producer, String topic, Wire wire, InstantSource clock) {
        this.producer = producer;
        this.topic = topic;
        this.wire = wire;
        this.clock = clock;
        this.sender = Thread.ofVirtual().name("progress").unstarted(this::sendAll);
    }

    void start() {
        sender.start();
    }

    private record Line(String jobId, Progress.Tag tag, String text, Instant at) {}

    /** What a job says. Never blocks. */
    @SuppressWarnings("FutureReturnValueIgnored") // Dropped if it does not fit, which is meant.
    Progress of(String jobId) {
        return (tag, text) -> {
            boolean _ = queue.offer(new Line(jobId, tag, text, clock.instant()));
        };
    }

    private void sendAll() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                send(queue.take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(Line line) {
        try {
            byte[] value = wire.progress(line.jobId, line.tag, line.text, line.at);
            var _ = producer.send(new ProducerRecord<>(topic, line.jobId.getBytes(UTF_8), value));
        } catch (KafkaException | IllegalStateException _) {
            // Lost, as a line may be.
        }
    }

    @Override
    public void close() {
        sender.interrupt();
        producer.close(CLOSING);
    }
}
