package boxcar.job;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

    /**
     * Waits by something that an interrupt ends, and lets a cancel end it too.
     *
     * @return empty if the job was cancelled before the wait was over
     */
    public <T> Optional<T> awaitUnlessCancelled(Wait<T> wait) throws Fault, InterruptedException {
        try (Hook _ = onCancel(Thread.currentThread()::interrupt)) {
            return Optional.of(wait.await());
        } catch (InterruptedException e) {
            if (isCancelled()) {
                return Optional.empty();
            }
            throw e;
        } finally {
            if (isCancelled()) {
                // Ours, if it came too late to end the wait; a lost lock is asked for again anyway.
                Thread.interrupted();
            }
        }
    }

    /** Something to wait for. */
    @FunctionalInterface
    public interface Wait<T> {
        T await() throws Fault, InterruptedException;
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
