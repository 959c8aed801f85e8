package boxcar.job;

/** The catalogue's log in Kafka, as far as a job needs it. Safe for many threads. */
public interface CatalogueLog {
    /**
     * Appends a record, durably.
     *
     * @return its offset
     * @throws Fault of step {@code catalogue} if it is not known to be written; it may be all the
     *     same
     */
    long append(CatalogueRecord entry) throws Fault, InterruptedException;

    /**
     * The offset that the next record will get. Who has followed the log up to here knows all that
     * was installed before the call.
     */
    long end() throws Fault, InterruptedException;
}
