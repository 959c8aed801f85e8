package boxcar.intake;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that a slot holds the lock of. After each renewal Kafka hands it out as a new object,
 * and only that one can be acknowledged from then on.
 */
final class Lease {
    private final Leases of;
    private final int count;
    private ConsumerRecord<byte[], byte[]> record;
    private volatile boolean lost;

    Lease(Leases of, ConsumerRecord<byte[], byte[]> record) {
        this.of = of;
        this.record = record;
        this.count = record.deliveryCount().map(Short::intValue).orElse(1);
    }

    /** For the slot's thread. */
    ConsumerRecord<byte[], byte[]> record() {
        return record;
    }

    /** Whether the record is ours: neither lost nor, by our clock, run out. For any thread. */
    boolean isHeld() {
        return !lost && of.areInTime();
    }

    boolean isLost() {
        return lost;
    }

    void lose() {
        lost = true;
    }

    /**
     * @return whether it was this record that came again
     */
    boolean renewedAs(ConsumerRecord<byte[], byte[]> again) {
        if (again.offset() != record.offset() || again.partition() != record.partition()) {
            return false;
        }
        record = again;
        return true;
    }

    /** Which delivery of the record this is, from 1. */
    int count() {
        return count;
    }

    String where() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
