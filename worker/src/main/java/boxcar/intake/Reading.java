package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;

/** What a record of a job topic turned out to be. */
public sealed interface Reading {
    /** A job to carry out. */
    record Asked(Job job) implements Reading {}

    /**
     * A job that cannot be carried out as written.
     *
     * @param digest SHA-256 of the job's content, hexadecimal
     */
    record Refused(String jobId, Job.Kind kind, String digest, Rejection rejection)
            implements Reading {}

    /**
     * Nothing that can be answered.
     *
     * @param reason one of a few constant words
     */
    record Illegible(String reason, String message) implements Reading {}
}
