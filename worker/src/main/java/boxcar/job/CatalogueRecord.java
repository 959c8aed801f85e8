package boxcar.job;

import java.time.Instant;

/** What the catalogue's log says. */
public sealed interface CatalogueRecord {
    /** A runtime exists; the record's offset is its id. The first record of a name wins. */
    record Installed(RuntimeDefinition definition, String digest, String jobId, Instant installedAt)
            implements CatalogueRecord {}

    /** A runtime is no more. */
    record Removed(long runtimeId, String name, String jobId) implements CatalogueRecord {}
}
