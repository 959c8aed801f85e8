package boxcar.engine;

import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.Fault;
import boxcar.job.Job.RuntimeRef;
import boxcar.job.LanguageRuntime;
import boxcar.job.Rejection;
import java.util.Optional;

/**
 * Finds a runtime. A "no" is only said after following the catalogue's log to its end: a producer
 * that has read the result of its install may be faster than this replica's view of it.
 */
final class RuntimeLookup {
    private final Catalogue catalogue;
    private final CatalogueLog log;

    RuntimeLookup(Catalogue catalogue, CatalogueLog log) {
        this.catalogue = catalogue;
        this.log = log;
    }

    LanguageRuntime require(RuntimeRef reference) throws Rejected, Fault, InterruptedException {
        Optional<LanguageRuntime> known = find(reference);
        if (known.isEmpty()) {
            catchUp();
            known = find(reference);
        }
        return known.orElseThrow(() -> unknown(reference));
    }

    /** Follows the log up to what it holds now. */
    void catchUp() throws Fault, InterruptedException {
        catalogue.awaitFollowed(log.end());
    }

    private Optional<LanguageRuntime> find(RuntimeRef reference) throws Fault {
        return switch (reference) {
            case RuntimeRef.ById(long id) -> catalogue.find(id);
            case RuntimeRef.ByName(String name) -> catalogue.find(name);
        };
    }

    private static Rejected unknown(RuntimeRef reference) {
        return switch (reference) {
            case RuntimeRef.ById(long id) ->
                    new Rejected(
                            Rejection.Code.NO_SUCH_RUNTIME,
                            "runtime_id",
                            Long.toString(id),
                            "must be the id of an installed runtime");
            case RuntimeRef.ByName(String name) ->
                    new Rejected(
                            Rejection.Code.NO_SUCH_RUNTIME,
                            "runtime",
                            name,
                            "must be the name of an installed runtime");
        };
    }
}
