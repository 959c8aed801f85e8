package boxcar.intake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The locks on the records that one poll brought. A share consumer brings no others before each of
 * these is accepted or released (KIP-932), or while one is being renewed (KIP-1222). For the
 * consumer's thread, save for what a {@link Lease} lets others ask.
 */
final class Leases {
    private static final Logger log = LoggerFactory.getLogger(Leases.class);

    /** How long one poll waits for renewed records. */
    private static final Duration AGAIN = Duration.ofMillis(50);

    private final ShareConsumer<byte[], byte[]> consumer;
    private final Runnable onAcknowledge;
    private final long lockNanos;
    private final List<Lease> open = new ArrayList<>();
    private volatile long heldUntil;
    private boolean unsent;
    private boolean inDoubt;

    /**
     * The time of the locks runs from now on.
     *
     * @param onAcknowledge called for each acknowledgement that is given to the consumer
     */
    Leases(ShareConsumer<byte[], byte[]> consumer, Duration lock, Runnable onAcknowledge) {
        this.consumer = consumer;
        this.onAcknowledge = onAcknowledge;
        this.lockNanos = lock.toNanos();
        this.heldUntil = System.nanoTime() + lockNanos;
    }

    Lease of(ConsumerRecord<byte[], byte[]> record) {
        Lease lease = new Lease(this, record);
        open.add(lease);
        return lease;
    }

    boolean areInTime() {
        return System.nanoTime() - heldUntil < 0;
    }

    /** A third of the lock after it was last taken. */
    Duration untilRenewal() {
        long due = heldUntil - lockNanos * 2 / 3;
        return Duration.ofNanos(Math.max(1, due - System.nanoTime()));
    }

    /**
     * Renews all that are open, if it is time; those that are not ours any more are lost. Each is
     * renewed by a request of its own: the broker refuses all of a request for one that it refuses
     * (measured on Kafka 4.4). No answer is no loss for as long as the locks last.
     */
    void renewIfDue() {
        if (open.isEmpty() || heldUntil - lockNanos * 2 / 3 - System.nanoTime() > 0) {
            return;
        }
        long asked = System.nanoTime();
        Set<Lease> wanted = new HashSet<>();
        for (Lease lease : open) {
            if (!inDoubt
                    && acknowledge(lease, AcknowledgeType.RENEW)
                    && commit(AcknowledgeType.RENEW, left())) {
                wanted.add(lease);
            }
        }
        Set<Lease> renewed = inDoubt ? Set.of() : pollAgain(wanted);
        for (Lease lease : List.copyOf(open)) {
            if (!renewed.contains(lease)) {
                lease.lose();
                open.remove(lease);
            }
        }
        heldUntil = asked + lockNanos;
    }

    private Duration left() {
        return Duration.ofNanos(Math.max(1_000_000, heldUntil - System.nanoTime()));
    }

    /**
     * Whether nobody knows what became of an acknowledgement. The consumer is not to be polled
     * again: it may hold records, or wait for ever for the end of a renewal.
     */
    boolean areInDoubt() {
        return inDoubt;
    }

    /**
     * Accepts a record; the next poll, or {@link #send}, tells the broker. The result is out, so
     * the worst that a failure brings is the same record again.
     */
    void accept(Lease lease) {
        if (open.remove(lease)) {
            unsent |= acknowledge(lease, AcknowledgeType.ACCEPT);
        }
    }

    /** Tells the broker what was accepted, without waiting for its answer. */
    void send() {
        if (unsent) {
            unsent = false;
            try {
                consumer.commitAsync();
            } catch (KafkaException | IllegalStateException e) {
                inDoubt = true;
                log.info("ACCEPT failed: {}", e.getMessage());
            }
        }
    }

    /** Gives a record back; if that fails it comes back by itself when the lock runs out. */
    void release(Lease lease) {
        if (open.remove(lease) && acknowledge(lease, AcknowledgeType.RELEASE)) {
            commit(AcknowledgeType.RELEASE, Duration.ofNanos(lockNanos / 3));
        }
    }

    private boolean acknowledge(Lease lease, AcknowledgeType type) {
        try {
            consumer.acknowledge(lease.record(), type);
            onAcknowledge.run();
            return true;
        } catch (KafkaException | IllegalStateException e) {
            log.info("{} of {} failed: {}", type, lease.where(), e.getMessage());
            return false;
        }
    }

    /**
     * Waits for the answer, which is for all that is sent: one that came too late fails the rest.
     */
    private boolean commit(AcknowledgeType type, Duration patience) {
        unsent = false;
        try {
            for (var answer : consumer.commitSync(patience).entrySet()) {
                if (answer.getValue().isPresent()) {
                    String message = answer.getValue().get().getMessage();
                    log.info("{} at {} failed: {}", type, answer.getKey(), message);
                    return false;
                }
            }
            return true;
        } catch (KafkaException | IllegalStateException e) {
            inDoubt = true;
            log.info("{} failed: {}", type, e.getMessage());
            return false;
        }
    }

    /**
     * While records are being renewed, a poll brings nothing but those (KIP-1222). On a busy host
     * the client's own thread may return them late. So this waits for as long as the locks would
     * have lasted without the renewal.
     */
    private Set<Lease> pollAgain(Set<Lease> wanted) {
        Set<Lease> renewed = new HashSet<>();
        try {
            Duration patience = Duration.ZERO;
            while (renewed.size() < wanted.size() && (patience.isZero() || areInTime())) {
                for (ConsumerRecord<byte[], byte[]> again : consumer.poll(patience)) {
                    if (!note(again, renewed)) {
                        consumer.acknowledge(again, AcknowledgeType.RELEASE);
                        onAcknowledge.run();
                        consumer.commitSync(Duration.ofNanos(lockNanos / 3));
                    }
                }
                patience = AGAIN;
            }
        } catch (KafkaException | IllegalStateException e) {
            log.info("Reading renewed records again failed: {}", e.getMessage());
        }
        inDoubt |= renewed.size() < wanted.size();
        return renewed;
    }

    private boolean note(ConsumerRecord<byte[], byte[]> again, Set<Lease> renewed) {
        for (Lease lease : open) {
            if (lease.renewedAs(again)) {
                renewed.add(lease);
                return true;
            }
        }
        return false;
    }
}
