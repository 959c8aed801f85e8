package boxcar.job;

/**
 * Carries out one job from start to end. The engine is this; intake calls it. Safe for many
 * threads.
 */
@FunctionalInterface
public interface JobRunner {
    /**
     * @return what became of it: what the program did, a rejection, or a cancel
     * @throws Fault if we failed; intake decides whether the job is tried again
     * @throws InterruptedException if this replica is stopping or no longer owns the job; what ran
     *     is stopped and cleaned up
     */
    JobResult run(Job job, Progress progress, Cancellation cancellation)
            throws Fault, InterruptedException;
}
