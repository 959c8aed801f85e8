package boxcar.intake;

import boxcar.job.Fault;
import java.time.Instant;
import java.util.Optional;

/** The results that anybody has published. Safe for many threads. */
interface PastAnswers {
    PastAnswers NONE = (_, _) -> Optional.empty();

    /**
     * Looks for a job's first result.
     *
     * @param since when the job's record was written: its result is younger
     * @return the record's value
     * @throws Fault if it cannot be told
     */
    Optional<byte[]> find(String jobId, Instant since) throws Fault, InterruptedException;
}
