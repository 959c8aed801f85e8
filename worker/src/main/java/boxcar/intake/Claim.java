package boxcar.intake;

import boxcar.job.Job;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job before it is answered.
 *
 * @param digest SHA-256 of the job's content, hexadecimal
 * @param format how the result is written; null: as the operator chose
 * @param unread whether the content could not be read, so that the digest is that of the bytes
 */
record Claim(String jobId, Job.Kind kind, String digest, @Nullable Format format, boolean unread) {
    Claim(String jobId, Job.Kind kind, String digest, @Nullable Format format) {
        this(jobId, kind, digest, format, false);
    }

    /** Whether an answer to content of that digest can be the answer to this. */
    boolean isAnsweredBy(String otherDigest) {
        return unread || digest.equals(otherDigest);
    }
}
