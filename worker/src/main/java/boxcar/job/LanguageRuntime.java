package boxcar.job;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A runtime of the catalogue, as this replica knows it.
 *
 * @param id the offset of its record in the catalogue's log: the same on every host, for ever
 * @param digest SHA-256 of the definition, hexadecimal
 * @param jobId the job that installed it
 * @param fault why it is {@link State#BROKEN} on this host
 */
public record LanguageRuntime(
        long id,
        RuntimeDefinition definition,
        State state,
        String digest,
        String jobId,
        Instant createdAt,
        @Nullable String fault) {
    /** How far this host is with it. */
    public enum State {
        /** Known, not yet made on this host. */
        PENDING,
        /** Made on this host. */
        READY,
        /** Could not be made on this host, and is being tried again from time to time. */
        BROKEN
    }

    public String name() {
        return definition.name();
    }
}
