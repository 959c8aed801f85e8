package boxcar.intake;

import boxcar.job.CatalogueRecord;
import boxcar.job.Progress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of records into our words and back: all that the Kafka half of this room needs of
 * the codec. Safe for many threads.
 */
public interface Wire {
    /** Reads a job; bytes that cannot be read are told, not thrown. */
    Decoded job(JobTopic topic, byte @Nullable [] key, byte @Nullable [] value);

    /** The value of a result's record. */
    byte[] result(Answer answer);

    /**
     * The outcome that a result's record tells.
     *
     * @throws IllegalArgumentException if it cannot be read
     */
    String outcome(byte[] result);

    /** The value of a wish to cancel a job. */
    byte[] cancel(String jobId);

    /**
     * The job that a record of the control topic wants cancelled.
     *
     * @throws UnreadableValue if it cannot be read, or only by a newer version
     */
    String cancelled(byte @Nullable [] value) throws UnreadableValue;

    /** The value of a line of progress. */
    byte[] progress(String jobId, Progress.Tag tag, String text, Instant at);

    /** The value of a record of the catalogue's log. */
    byte[] catalogue(CatalogueRecord entry);

    /**
     * Reads a record of the catalogue's log.
     *
     * @throws UnreadableValue if it cannot be read, or only by a newer version
     */
    CatalogueRecord catalogue(byte @Nullable [] value) throws UnreadableValue;

    /** What the heap needs for a job at most, from its record's value until its result is out. */
    default long heapBytes(byte[] value) {
        return value.length;
    }
}
