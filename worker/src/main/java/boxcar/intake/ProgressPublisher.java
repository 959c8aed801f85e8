package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Progress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Writes lines of progress for whoever watches. A line that finds the queue full is dropped: nobody
 * waits for a watcher.
 */
final class ProgressPublisher implements AutoCloseable {
    private static final int QUEUED = 10_000;

    /** Bytes of the heap that lines in the queue take together at most. */
    private static final int QUEUED_BYTES = 4 << 20;

    private static final int LINE_BYTES = 128;
    private static final int CHARACTER_BYTES = 2;
    private static final Duration CLOSING = Duration.ofSeconds(1);

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final Wire wire;
    private final InstantSource clock;
    private final BlockingQueue<Line> queue = new ArrayBlockingQueue<>(QUEUED);
    private final Semaphore room = new Semaphore(QUEUED_BYTES);
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

    private record Line(String jobId, Progress.Tag tag, String text, Instant at) {
        int bytes() {
            return LINE_BYTES + CHARACTER_BYTES * text.length();
        }
    }

    /** What a job says. Never blocks. */
    Progress of(String jobId) {
        return (tag, text) -> {
            Line line = new Line(jobId, tag, text, clock.instant());
            if (room.tryAcquire(line.bytes()) && !queue.offer(line)) {
                room.release(line.bytes());
            }
        };
    }

    private void sendAll() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Line line = queue.take();
                room.release(line.bytes());
                send(line);
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
