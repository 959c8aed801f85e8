package boxcar.intake;

import java.time.Instant;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that a slot holds the lock of.
 *
 * @param count which delivery of the record this is, from 1
 * @param doubt until when, by {@link System#nanoTime}, somebody else may have told of the job
 *     although the count does not say that it came before; may change while the job runs
 * @param worked to be called when what the job takes of this host is done, before it is answered;
 *     once more does no harm
 * @param held whether the lock is still ours; once it is not, somebody else may have the job
 */
record Delivery(
        JobTopic topic,
        ConsumerRecord<byte[], byte[]> record,
        int count,
        Instant taken,
        Supplier<OptionalLong> doubt,
        Runnable worked,
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

    /** Until when somebody else may have told of the job, by {@link System#nanoTime}. */
    OptionalLong mayBeToldUntil() {
        return count > 1 ? OptionalLong.of(System.nanoTime()) : doubt.get();
    }

    /** Where it stands, for people. */
    String place() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
