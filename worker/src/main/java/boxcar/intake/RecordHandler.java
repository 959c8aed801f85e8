package boxcar.intake;

/** Handles one delivery from start to end. */
@FunctionalInterface
interface RecordHandler {
    /**
     * @throws InterruptedException if the lock was lost, or this replica is stopping: nothing was
     *     published, and what ran is stopped
     */
    Settling handle(Delivery delivery) throws InterruptedException;
}
