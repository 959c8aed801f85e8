package boxcar.intake;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record that a slot holds the lock of.
 *
 * @param count which delivery of the record this is, from 1
 * @param past what can be known of who had the job before
 * @param worked to be called when what the job takes of this host is done, before it is answered;
 *     once more does no harm
 * @param aside where a job waits that needs nothing of this host
 * @param held whether the lock is still ours; once it is not, somebody else may have the job
 */
record Delivery(
        JobTopic topic,
        ConsumerRecord<byte[], byte[]> record,
        int count,
        Taken taken,
        Past past,
        Runnable worked,
        Aside aside,
        BooleanSupplier held) {
    /** When a replica took it: by the clock, and by {@link System#nanoTime}. */
    record Taken(Instant at, long nanos) {}

    /**
     * Somebody else may have told of the job.
     *
     * @param arrived by then, in {@link System#nanoTime}, what had been sent when the job was taken
     *     from somebody is among the results
     * @param until by then nobody who had it before can tell any more
     */
    record Doubt(long arrived, long until) {
        /**
         * A job comes again as soon as the broker sees that its holder died, or another leads; what
         * the holder had sent of its result is on another connection, and is taken later, the
         * busier the host the later.
         */
        static final Duration ON_ITS_WAY = Duration.ofSeconds(1);

        static Doubt now() {
            long now = System.nanoTime();
            return new Doubt(now, now);
        }
    }

    /** Lets another slot take jobs while a job of this one only waits, under its lock. */
    @FunctionalInterface
    interface Aside {
        void await(Wait wait) throws InterruptedException;
    }

    /** Something that lasts. */
    @FunctionalInterface
    interface Wait {
        void await() throws InterruptedException;
    }

    /** What can be known of who had the job before. For any thread. */
    interface Past {
        /** What the count does not say; may change while the job runs. */
        Optional<Doubt> doubt();

        /**
         * Asks the partition's leader, if it has not told since the job was taken and within the
         * last half second, whether it is that of then; another may have given the job to somebody
         * else.
         *
         * @return true also if that cannot be told, and then there is a doubt
         */
        boolean isLedAsThen() throws InterruptedException;
    }

    Delivery with(Aside another) {
        return new Delivery(topic, record, count, taken, past, worked, another, held);
    }

    byte @Nullable [] key() {
        return record.key();
    }

    byte @Nullable [] value() {
        return record.value();
    }

    Instant queuedAt() {
        return Instant.ofEpochMilli(Math.max(0, record.timestamp()));
    }

    /** The doubt about a job of which we know that somebody had it before. */
    Doubt heldBefore() {
        return new Doubt(taken.nanos + Doubt.ON_ITS_WAY.toNanos(), System.nanoTime());
    }

    /** Where it stands, for people. */
    String place() {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }
}
