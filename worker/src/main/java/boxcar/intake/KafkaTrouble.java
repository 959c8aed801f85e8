package boxcar.intake;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/** Tells Kafka's failures from our own, for rooms that do not know Kafka. */
public final class KafkaTrouble {
    private KafkaTrouble() {}

    public static boolean is(Throwable failure) {
        return failure instanceof KafkaException;
    }

    /** Whether it only tells that the caller was interrupted. */
    public static boolean isInterrupt(Throwable failure) {
        return failure instanceof InterruptException;
    }

    /** What went wrong, and what to do if we know it, in one line. */
    public static String explain(Throwable failure) {
        return KafkaFailures.sayAndMend(failure);
    }
}
