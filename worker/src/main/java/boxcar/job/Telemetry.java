package boxcar.job;

import java.time.Duration;

/**
 * Hears what happens, for the dashboards. Never blocks and never fails. Safe for many threads.
 *
 * <p>Gauges (boxes, runtimes by state) are not told here; the metrics read them when scraped.
 */
public interface Telemetry {
    Telemetry NONE = new Telemetry() {};

    /** A job was taken: which delivery, and how long its record waited in the topic. */
    default void taken(Job.Kind kind, int delivery, Duration queued) {}

    /** A job has its outcome, {@code took} after it was taken. */
    default void finished(Job.Kind kind, JobResult.Outcome outcome, Duration took) {}

    /** A job was answered from the ledger. */
    default void answeredFromLedger(Job.Kind kind) {}

    /** A stage ended; {@code overhead} is the time spent on it beyond its own wall time. */
    default void stage(StageKind kind, Verdict verdict, Duration wall, Duration overhead) {}

    /** A job was given back for another replica or another try. */
    default void released(Job.Kind kind) {}

    /** A lock on a job was lost while it ran. */
    default void lockLost(Job.Kind kind) {}

    /** A record went to the dead letters; {@code reason} is one of a few constant words. */
    default void deadLetter(String reason) {}

    /** A job went through a step, one of a few constant words, in this time. */
    default void step(String step, Duration took) {}

    /**
     * Times a step from now until it is closed, by the thread that began it. What lies in another
     * step counts for the inner one alone, so that the steps of a job add up to the whole.
     */
    default Timing begin(String step) {
        return Timing.NONE;
    }

    /** A step that is being timed. */
    interface Timing extends AutoCloseable {
        Timing NONE = new Timing() {};

        /** Some of the time is told as another step's, or was spent by another thread. */
        default void without(Duration elsewhere) {}

        @Override
        default void close() {}
    }

    /** We failed at a step. */
    default void fault(String step) {}
}
