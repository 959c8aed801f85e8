package boxcar.intake;

import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Polls a share consumer until records come, or until another thread ends the poll.
 *
 * <p>A poll that brings nothing leaves its fetch under way, and the next poll asks for a fetch,
 * too. If the answer of the first fetch comes at that moment, Kafka's client fetches once more. It
 * then holds a second record, locked and unseen, for as long as the first one is worked on
 * (docs/decisions/0034). So there is one poll for each answer that has records: a consumer is
 * polled again only after records came, or after {@link End#SKIPPED}; after any other end it is
 * closed.
 *
 * <p>{@link #poll} is for the consumer's thread; the rest is for any thread.
 */
final class LongPoll {
    private static final Duration LONGEST = Duration.ofDays(1);

    /** Fetches that bring nothing are answered after half a second. */
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private final KafkaShareConsumer<byte[], byte[]> consumer;
    private final Metric fetches;
    private final Metric acknowledgements;
    private @Nullable Thread polling;
    private @Nullable End end;
    private long acknowledged;
    private double skipped;
    private double fetched;
    private long fetchedAt;

    LongPoll(KafkaShareConsumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
        this.fetches = metric("fetch-total");
        this.acknowledgements = metric("acknowledgements-send-total");
    }

    /** Why a poll ended that brought nothing. */
    enum End {
        /** The consumer is to be closed. */
        LEAVE,
        /**
         * The consumer got offsets without a job, as the marks at the end of a transaction are. No
         * fetch is under way.
         */
        SKIPPED
    }

    private Metric metric(String name) {
        return consumer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("Kafka's consumer has no " + name));
    }

    /**
     * Waits for records.
     *
     * @return none if it was ended; then {@link #hasSkipped} says whether to poll again
     */
    ConsumerRecords<byte[], byte[]> poll() throws InterruptedException {
        begin();
        try {
            return consumer.poll(LONGEST);
        } catch (InterruptException e) {
            if (end() == null) {
                throw new InterruptedException(e.getMessage());
            }
            return ConsumerRecords.empty();
        } finally {
            over();
        }
    }

    private synchronized void begin() {
        polling = Thread.currentThread();
        end = null;
        fetched = value(fetches);
        fetchedAt = System.nanoTime();
    }

    private synchronized @Nullable End end() {
        return end;
    }

    /** The interruption was meant for the poll alone. */
    private synchronized void over() {
        polling = null;
        if (end != null) {
            boolean _ = Thread.interrupted();
        }
    }

    /** Ends a poll that goes on. */
    void leave() {
        end(End.LEAVE);
    }

    private synchronized void end(End why) {
        if (polling != null && end == null) {
            end = why;
            polling.interrupt();
        }
    }

    /** Whether the broker has answered a fetch. */
    boolean isAnswered() {
        return value(fetches) > 0;
    }

    /** Whether the last poll ended for that reason. */
    synchronized boolean hasSkipped() {
        return end == End.SKIPPED;
    }

    /** We have told the consumer what became of a record. */
    synchronized void acknowledged() {
        acknowledged++;
    }

    /**
     * Ends a poll that will bring nothing any more. The client acknowledges offsets without a
     * record by itself, and fetches no more before the next poll: it has sent more acknowledgements
     * than we gave. If it has sent fewer, because some failed, only its silence tells.
     */
    synchronized void look() {
        double more = value(acknowledgements) - acknowledged;
        double answers = value(fetches);
        long now = System.nanoTime();
        if (answers > fetched) {
            fetched = answers;
            fetchedAt = now;
        }
        boolean silent = more < skipped && now - fetchedAt > SILENCE.toNanos();
        if (more > skipped || silent) {
            skipped = more;
            end(End.SKIPPED);
        }
    }

    private static double value(Metric metric) {
        return metric.metricValue() instanceof Double value ? value : 0;
    }
}
