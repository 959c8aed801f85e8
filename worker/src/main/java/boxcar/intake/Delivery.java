package boxcar.intake;

import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that a slot holds the lock of.
 *
 * @param count which delivery of the record this is, from 1
 * @param doubtful whether the count may be too low; may become true while the job runs
 * @param held whether the lock is still ours; once it is not, somebody else may have the job
 */
record Delivery(
        JobTopic topic,
        ConsumerRecord<byte[], byte[]> record,
        int count,
        Instant taken,
        BooleanSupplier doubtful,
        BooleanSupplier held) {
    byte @Nullable [] key() {
        return record.key();
    }

    byte @Nullable [] value() {
        return record.value();
    }

    Instant queuedAt() {
        return Instant.ofEpochMilli(Math.max(0, record.timestamp()));
    }

    /** Whether somebody may have taken the job up before, or has it now. */
    boolean mayHaveComeBefore() {
        return count > 1 || doubtful.getAsBoolean();
    }

    /** Where it stands, for people. */
    String place() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
