package boxcar.metrics;

import boxcar.job.Telemetry.Timing;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Steps that are being timed, each thread's by themselves. A step is told without what lay in it,
 * so that no time is told twice. Safe for many threads.
 */
final class Timings {
    private final LongSupplier nanos;
    private final BiConsumer<String, Duration> told;

    @SuppressWarnings("ThreadLocalUsage") // One for each Metrics, of which a process has one.
    private final ThreadLocal<@Nullable Running> innermost = new ThreadLocal<>();

    /**
     * @param nanos the clock: System::nanoTime
     */
    Timings(LongSupplier nanos, BiConsumer<String, Duration> told) {
        this.nanos = nanos;
        this.told = told;
    }

    Timing begin(String step) {
        Running running = new Running(step, innermost.get());
        innermost.set(running);
        return running;
    }

    private final class Running implements Timing {
        private final String step;
        private final @Nullable Running outer;
        private final long start = nanos.getAsLong();
        private long elsewhere;

        Running(String step, @Nullable Running outer) {
            this.step = step;
            this.outer = outer;
        }

        /** By another thread only if this one then waits for it. */
        @Override
        public void without(Duration time) {
            elsewhere += time.toNanos();
        }

        @Override
        public void close() {
            long took = nanos.getAsLong() - start;
            if (outer == null) {
                innermost.remove();
            } else {
                innermost.set(outer);
                outer.elsewhere += took;
            }
            told.accept(step, Duration.ofNanos(Math.max(0, took - elsewhere)));
        }
    }
}
