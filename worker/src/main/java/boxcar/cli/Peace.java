package boxcar.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ends work by an interrupt, and lets what must follow be done in peace. */
final class Peace {
    private Peace() {}

    /** What is to be done in any case. */
    @FunctionalInterface
    interface Duty {
        void run() throws IOException;
    }

    /** Does it as if this thread were not interrupted, which it is again afterwards. */
    static void keep(Duty duty) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            duty.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Works until it is done, or SIGINT or SIGTERM interrupts it.
     *
     * @throws InterruptedException if a signal came, whatever the work made of its interrupt
     */
    static <T> T untilStopped(Callable<T> work) throws Exception {
        Thread here = Thread.currentThread();
        AtomicBoolean stopped = new AtomicBoolean();
        StopSignals.hear(count -> {
            stopped.set(true);
            if (count == 1) {
                BenchStand.say("Stopping");
            }
            here.interrupt();
        });
        try {
            return work.call();
        } catch (Exception e) {
            if (stopped.get()) {
                throw (InterruptedException) new InterruptedException("stopped").initCause(e);
            }
            throw e;
        }
    }
}
