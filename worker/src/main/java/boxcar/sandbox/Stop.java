package boxcar.sandbox;

import boxcar.job.Ending;
import org.jspecify.annotations.Nullable;

/**
 * The wish to stop one stage before its end. The first reason is the reason. Safe for many threads.
 */
final class Stop {
    private @Nullable Reason reason;
    private @Nullable Runnable action;

    /** Why we stop a stage. */
    enum Reason {
        CANCELLED,
        FLOODED,
        CPU_TIME,
        WALL_TIME,
        CLOSED;

        /** How such a stage ended; a closed sandbox tells no ending. */
        Ending.How how() {
            return switch (this) {
                case CANCELLED, CLOSED -> new Ending.Cancelled();
                case FLOODED -> new Ending.Flooded();
                case CPU_TIME -> new Ending.CpuTimeout();
                case WALL_TIME -> new Ending.WallTimeout();
            };
        }
    }

    /** Says what stops the stage now; runs it at once if there is a reason already. */
    void arm(Runnable action) {
        boolean late;
        synchronized (this) {
            this.action = action;
            late = reason != null;
        }
        if (late) {
            action.run();
        }
    }

    void because(Reason why) {
        Runnable toRun;
        synchronized (this) {
            if (reason != null) {
                return;
            }
            reason = why;
            toRun = action;
        }
        if (toRun != null) {
            toRun.run();
        }
    }

    synchronized @Nullable Reason reason() {
        return reason;
    }
}
