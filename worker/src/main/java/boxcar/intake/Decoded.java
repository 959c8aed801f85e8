package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;
import org.jspecify.annotations.Nullable;

/** What a record of a job topic turned out to be. */
public sealed interface Decoded {
    /**
     * A job that can be carried out, as far as the record alone can tell.
     *
     * @param format how its result is written; null: as the operator chose
     */
    record Good(Job job, @Nullable Format format) implements Decoded {
        Good(Job job) {
            this(job, null);
        }
    }

    /**
     * A job that says who it is, but cannot be carried out as written: its result is REJECTED.
     *
     * @param digest SHA-256, hexadecimal: of the content if all of the record could be read, so
     *     that it is the same in Avro and JSON; else of the bytes
     * @param format how its result is written; null: as the operator chose
     */
    record Bad(
            String jobId,
            Job.Kind kind,
            String digest,
            Rejection rejection,
            @Nullable Format format)
            implements Decoded {
        Bad(String jobId, Job.Kind kind, String digest, Rejection rejection) {
            this(jobId, kind, digest, rejection, null);
        }
    }

    /**
     * A job that a newer version of Boxcar wrote, and only that version can read.
     *
     * @param jobId null if not even that can be told
     * @param kind what the topic carries mostly; the job may be of another kind
     * @param digest SHA-256, hexadecimal, of the bytes
     * @param message for people
     */
    record Newer(@Nullable String jobId, Job.Kind kind, String digest, String message)
            implements Decoded {}

    /**
     * No job id can be had, so there is nobody to answer: a dead letter.
     *
     * @param reason one of a few constant words, for a header and a metric's label
     * @param message for people
     */
    record Unreadable(String reason, String message) implements Decoded {}
}
