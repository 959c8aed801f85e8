package boxcar.intake;

import java.time.Duration;

/** Handles one delivery from start to end. */
@FunctionalInterface
interface RecordHandler {
    /**
     * @throws InterruptedException if the lock was lost, or this replica is stopping: nothing was
     *     published, and what ran is stopped
     */
    Settling handle(Delivery delivery) throws InterruptedException;

    /**
     * Waits until one more delivery can be handled at once.
     *
     * @return whether it can
     */
    default boolean awaitRoom(Duration patience) throws InterruptedException {
        return true;
    }
}
