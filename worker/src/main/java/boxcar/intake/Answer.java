package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.JobResult;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A result with who, when and which delivery: what a record of the results topic tells, save for
 * the replica and its engine, which the codec knows.
 *
 * @param attempt unique for each time that a replica took the job up
 * @param delivery from 1
 * @param queuedAt when the job's record was written
 * @param format how the record is written; null: as the operator chose
 */
public record Answer(
        String jobId,
        Job.Kind kind,
        JobResult result,
        String attempt,
        int delivery,
        Instant queuedAt,
        Instant startedAt,
        Instant finishedAt,
        @Nullable Format format) {}
