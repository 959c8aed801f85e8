package boxcar.job;

import java.util.ArrayList;
import java.util.List;

/**
 * A wish to stop one job, shared between who may wish it and who runs it. Safe for many threads;
 * once cancelled it stays so.
 */
public final class Cancellation {
    private final List<Runnable> hooks = new ArrayList<>();
    private boolean cancelled;

    public void cancel() {
        List<Runnable> toRun;
        synchronized (this) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            toRun = List.copyOf(hooks);
            hooks.clear();
        }
        toRun.forEach(Runnable::run);
    }

    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /**
     * Runs the hook when the job is cancelled, at once if it is already.
     *
     * @return takes the hook back
     */
    public Hook onCancel(Runnable hook) {
        synchronized (this) {
            if (!cancelled) {
                hooks.add(hook);
                return () -> remove(hook);
            }
        }
        hook.run();
        return () -> {};
    }

    private synchronized void remove(Runnable hook) {
        hooks.remove(hook);
    }

    /** A hook that is in place until it is closed. */
    public interface Hook extends AutoCloseable {
        @Override
        void close();
    }
}
