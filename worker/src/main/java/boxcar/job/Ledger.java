package boxcar.job;

import java.util.Optional;

/** The results that this replica has published. Safe for many threads. */
public interface Ledger {
    Optional<Entry> find(String jobId) throws Fault;

    /** Writes durably; the first entry of a job stays. */
    void record(Entry entry) throws Fault;

    /**
     * One published result.
     *
     * @param digest SHA-256 of the job's content, hexadecimal
     * @param outcome the result's outcome
     * @param result the record's value, as published; treated as read-only
     */
    record Entry(String jobId, String digest, String outcome, byte[] result) {}
}
