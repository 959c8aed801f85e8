package boxcar.intake;

import java.util.LinkedHashSet;

/**
 * Jobs whose lock was lost here, so that nobody knows whether a result of theirs was on its way: a
 * broker that restarts delivers them again with an unchanged count. Keeps the latest {@value
 * #REMEMBERED}. Safe for many threads.
 */
final class Doubtful {
    private static final int REMEMBERED = 10_000;

    private final LinkedHashSet<String> jobIds = new LinkedHashSet<>();

    synchronized void add(String jobId) {
        jobIds.addLast(jobId);
        if (jobIds.size() > REMEMBERED) {
            jobIds.removeFirst();
        }
    }

    synchronized boolean contains(String jobId) {
        return jobIds.contains(jobId);
    }

    synchronized void remove(String jobId) {
        jobIds.remove(jobId);
    }
}
