package boxcar.intake;

import boxcar.job.Fault;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The results that anybody has published. Safe for many threads. */
interface PastAnswers {
    PastAnswers NONE = (_, _, _) -> Optional.empty();

    /**
     * A result that somebody has published.
     *
     * @param value as published
     * @param digest of the job that it answers; null if whoever wrote it did not say
     */
    record Past(byte[] value, @Nullable String digest) {}

    /**
     * Looks for a job's first result.
     *
     * @param since when the job's record was written: its result is younger
     * @param until what was published later need not be found, by {@link System#nanoTime}; a time
     *     to come is as good as now
     * @return the record
     * @throws Fault if it cannot be told
     */
    Optional<Past> find(String jobId, Instant since, long until) throws Fault, InterruptedException;
}
