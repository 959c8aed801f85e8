package boxcar.job;

/** The writing end of the catalogue's log. */
@FunctionalInterface
public interface CatalogueLog {
    /**
     * Appends a record, durably.
     *
     * @return its offset
     * @throws Fault of step {@code catalogue} if it is not known to be written; it may be all the
     *     same
     */
    long append(CatalogueRecord entry) throws Fault, InterruptedException;
}
