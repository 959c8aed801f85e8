package boxcar.job;

import java.util.List;
import java.util.Optional;

/**
 * The runtimes known to the cluster, as this replica has followed the log. Safe for many threads;
 * reading never waits for an installation.
 */
public interface Catalogue {
    Optional<LanguageRuntime> find(long id) throws Fault;

    Optional<LanguageRuntime> find(String name) throws Fault;

    /** All runtimes by id. */
    List<LanguageRuntime> list() throws Fault;

    /** The offset of the log that is read next: 0 for a new file or another cluster's log. */
    long position(LogIdentity log) throws Fault;

    /**
     * Takes over what the log says at an offset; a record at an offset already followed is passed
     * over.
     */
    void follow(long offset, CatalogueRecord entry) throws Fault;

    /** Skips an offset that holds nothing we can read. */
    void skip(long offset) throws Fault;

    /**
     * Waits until all records below an offset were followed.
     *
     * @throws Fault if that does not come about: the log is not read, or cannot be written down
     */
    void awaitFollowed(long nextOffset) throws Fault, InterruptedException;

    /** Whether a job is known to have removed a runtime, and which. */
    Optional<CatalogueRecord.Removed> removedBy(String jobId) throws Fault;

    /**
     * Which log this is: another cluster's, or a topic made anew, is another catalogue.
     *
     * @param cluster Kafka's cluster id
     * @param topicId the topic's id
     */
    record LogIdentity(String cluster, String topicId) {}
}
