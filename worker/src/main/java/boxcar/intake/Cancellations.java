package boxcar.intake;

import boxcar.job.Cancellation;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The jobs that somebody wants cancelled, and the jobs that run here. A wish that comes before its
 * job is kept for a day, and of the wishes only the latest {@value #REMEMBERED}. Safe for many
 * threads.
 */
final class Cancellations {
    private static final int REMEMBERED = 100_000;
    private static final Duration KEPT = Duration.ofDays(1);

    private final InstantSource clock;
    private final LinkedHashMap<String, Instant> wishes = new LinkedHashMap<>();
    private final Map<String, List<Cancellation>> running = new HashMap<>();

    Cancellations(InstantSource clock) {
        this.clock = clock;
    }

    /** Cancels the job if it runs here, and keeps it from running if it comes. */
    void cancel(String jobId) {
        List<Cancellation> now;
        synchronized (this) {
            forgetOld();
            wishes.putLast(jobId, clock.instant());
            now = List.copyOf(running.getOrDefault(jobId, List.of()));
        }
        now.forEach(Cancellation::cancel);
    }

    /**
     * Notes a job that runs or waits here until {@link #ended}. Several copies of a job may be
     * noted at the same time.
     *
     * @return cancelled already if the wish came before the job
     */
    Cancellation began(String jobId) {
        Cancellation cancellation = new Cancellation();
        boolean already;
        synchronized (this) {
            running.computeIfAbsent(jobId, _ -> new ArrayList<>()).add(cancellation);
            already = wishes.containsKey(jobId);
        }
        if (already) {
            cancellation.cancel();
        }
        return cancellation;
    }

    /** Whether somebody wants it cancelled. */
    synchronized boolean isCancelled(String jobId) {
        return wishes.containsKey(jobId);
    }

    synchronized void ended(String jobId, Cancellation cancellation) {
        running.computeIfPresent(
                jobId,
                (_, those) -> {
                    those.remove(cancellation);
                    return those.isEmpty() ? null : those;
                });
    }

    private void forgetOld() {
        Instant oldest = clock.instant().minus(KEPT);
        var each = wishes.values().iterator();
        while (each.hasNext()) {
            if (each.next().isAfter(oldest) && wishes.size() < REMEMBERED) {
                return;
            }
            each.remove();
        }
    }
}
