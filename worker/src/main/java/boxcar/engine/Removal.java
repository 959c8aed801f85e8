package boxcar.engine;

import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobResult.Outcome;
import boxcar.job.LanguageRuntime;
import boxcar.job.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Carries out one remove job: the log says it, and every replica follows. */
final class Removal {
    private final RuntimeLookup lookup;
    private final Catalogue catalogue;
    private final CatalogueLog log;

    Removal(Engine.Room room) {
        this.lookup = room.lookup();
        this.catalogue = room.catalogue();
        this.log = room.log();
    }

    JobResult run(Job.Remove job) throws Rejected, Fault, InterruptedException {
        lookup.catchUp();
        Optional<CatalogueRecord.Removed> earlier = catalogue.removedBy(job.id());
        if (earlier.isPresent()) {
            return removed(earlier.get().runtimeId(), earlier.get().name());
        }
        LanguageRuntime runtime = lookup.require(job.runtime());
        long offset =
                log.append(new CatalogueRecord.Removed(runtime.id(), runtime.name(), job.id()));
        catalogue.awaitFollowed(offset + 1);
        return removed(runtime.id(), runtime.name());
    }

    private static JobResult removed(long id, String name) {
        return new JobResult(
                Outcome.SUCCEEDED,
                Verdict.OK,
                id,
                name,
                null,
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                Map.of());
    }
}
