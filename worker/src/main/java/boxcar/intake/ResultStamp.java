package boxcar.intake;

import boxcar.job.Job;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a result says beside what became of the job: whose it is, who did it, and when.
 *
 * @param attempt unique for each time that a replica took the job up
 * @param delivery which delivery of the job this was, from 1
 * @param replica the replica's name
 * @param engine name of the sandbox engine that ran it; null if nothing ran
 * @param queuedAt when the job's record was written
 * @param startedAt when a replica took it up
 */
public record ResultStamp(
        String jobId,
        Job.Kind kind,
        String attempt,
        int delivery,
        String replica,
        @Nullable String engine,
        Instant queuedAt,
        Instant startedAt,
        Instant finishedAt) {}
