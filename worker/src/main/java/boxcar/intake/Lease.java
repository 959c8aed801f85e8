package boxcar.intake;

import java.time.Duration;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock on one record. Only the slot's thread may call it, save for {@link #isHeld}.
 *
 * <p>To renew takes three steps (measured on Kafka 4.4): acknowledge with RENEW, commit, and poll
 * again; the poll returns the same record as a new object, and only that one can be acknowledged
 * from then on.
 */
final class Lease {
    private static final Logger log = LoggerFactory.getLogger(Lease.class);

    private final KafkaShareConsumer<byte[], byte[]> consumer;
    private final long lockNanos;
    private ConsumerRecord<byte[], byte[]> record;
    private volatile long heldUntil;
    private volatile boolean lost;

    Lease(
            KafkaShareConsumer<byte[], byte[]> consumer,
            ConsumerRecord<byte[], byte[]> record,
            Duration lock) {
        this.consumer = consumer;
        this.record = record;
        this.lockNanos = lock.toNanos();
        this.heldUntil = System.nanoTime() + lockNanos;
    }

    /** Whether the record is ours: neither lost nor, by our clock, run out. */
    boolean isHeld() {
        return !lost && System.nanoTime() - heldUntil < 0;
    }

    /** A third of the lock after it was last taken. */
    Duration untilRenewal() {
        long due = heldUntil - lockNanos * 2 / 3;
        return Duration.ofNanos(Math.max(1, due - System.nanoTime()));
    }

    /**
     * @return false if the record is not ours any more
     */
    boolean renew() {
        long asked = System.nanoTime();
        if (commit(AcknowledgeType.RENEW) && pollAgain()) {
            heldUntil = asked + lockNanos;
            return true;
        }
        lost = true;
        return false;
    }

    /**
     * Accepts it without waiting for the broker's answer: the result is out, so the worst that a
     * failure brings is the same record again.
     */
    void accept() {
        try {
            consumer.acknowledge(record, AcknowledgeType.ACCEPT);
            consumer.commitAsync();
        } catch (IllegalStateException e) {
            log.info("ACCEPT of {} failed: {}", where(), e.getMessage());
        }
    }

    /** Gives it back; if that fails it comes back by itself when the lock runs out. */
    void release() {
        commit(AcknowledgeType.RELEASE);
    }

    private boolean commit(AcknowledgeType type) {
        try {
            consumer.acknowledge(record, type);
            for (var failure : consumer.commitSync(Duration.ofNanos(lockNanos / 3)).values()) {
                if (failure.isPresent()) {
                    log.info("{} of {} failed: {}", type, where(), failure.get().getMessage());
                    return false;
                }
            }
            return true;
        } catch (KafkaException | IllegalStateException e) {
            log.info("{} of {} failed: {}", type, where(), e.getMessage());
            return false;
        }
    }

    /** While a record is being renewed, a poll brings nothing but that record (KIP-1222). */
    private boolean pollAgain() {
        try {
            for (int tries = 0; tries < 3; tries++) {
                Duration patience = tries == 0 ? Duration.ZERO : Duration.ofMillis(50);
                for (ConsumerRecord<byte[], byte[]> again : consumer.poll(patience)) {
                    if (isSame(again)) {
                        record = again;
                        return true;
                    }
                    consumer.acknowledge(again, AcknowledgeType.RELEASE);
                    consumer.commitSync(Duration.ofNanos(lockNanos / 3));
                    return false;
                }
            }
        } catch (KafkaException | IllegalStateException e) {
            log.info("Reading {} again failed: {}", where(), e.getMessage());
        }
        return false;
    }

    private boolean isSame(ConsumerRecord<byte[], byte[]> other) {
        return other.offset() == record.offset() && other.partition() == record.partition();
    }

    private String where() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
