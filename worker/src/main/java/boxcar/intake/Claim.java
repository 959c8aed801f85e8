package boxcar.intake;

import boxcar.job.Job;

/**
 * What is known of a job before it is answered.
 *
 * @param digest SHA-256 of the job's content, hexadecimal
 */
record Claim(String jobId, Job.Kind kind, String digest) {}
