package boxcar.intake;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;

/**
 * Lets the deliveries of one job id through one after the other: a producer that repeats a record
 * gets one run and one answer from the ledger, not two runs. Safe for many threads.
 */
final class JobTurns {
    private final ConcurrentMap<String, Turn> turns = new ConcurrentHashMap<>();

    /** Waits for the job's turn; to be closed by the same caller. */
    Held take(String jobId) throws InterruptedException {
        Turn turn =
                turns.compute(
                        jobId,
                        (_, there) ->
                                there == null
                                        ? new Turn(new Semaphore(1), 1)
                                        : new Turn(there.door, there.users + 1));
        try {
            turn.door.acquire();
        } catch (InterruptedException e) {
            leave(jobId);
            throw e;
        }
        return () -> {
            turn.door.release();
            leave(jobId);
        };
    }

    private void leave(String jobId) {
        turns.computeIfPresent(
                jobId, (_, turn) -> turn.users == 1 ? null : new Turn(turn.door, turn.users - 1));
    }

    private record Turn(Semaphore door, int users) {}

    /** A turn that is ours until it is closed. */
    interface Held extends AutoCloseable {
        @Override
        void close();
    }
}
