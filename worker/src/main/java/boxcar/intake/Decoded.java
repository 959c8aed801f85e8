package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;

/** What a record of a job topic turned out to be. */
public sealed interface Decoded {
    /** A job that can be carried out, as far as the record alone can tell. */
    record Good(Job job) implements Decoded {}

    /**
     * A job that says who it is, but cannot be carried out as written: its result is REJECTED.
     *
     * @param digest SHA-256, hexadecimal: of the content if all of the record could be read, so
     *     that it is the same in Avro and JSON; else of the bytes
     */
    record Bad(String jobId, Job.Kind kind, String digest, Rejection rejection)
            implements Decoded {}

    /**
     * No job id can be had, so there is nobody to answer: a dead letter.
     *
     * @param reason one of a few constant words, for a header and a metric's label
     * @param message for people
     */
    record Unreadable(String reason, String message) implements Decoded {}
}
