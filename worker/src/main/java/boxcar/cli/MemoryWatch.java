package boxcar.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Looks at a worker's resident memory, again and again, until it is closed. */
final class MemoryWatch implements AutoCloseable {
    private static final Duration EACH = Duration.ofMillis(500);

    private final BenchWorker worker;
    private final ConcurrentSkipListMap<Instant, Long> seen = new ConcurrentSkipListMap<>();
    private final Thread thread;

    private MemoryWatch(BenchWorker worker) throws IOException {
        this.worker = worker;
        seen.put(Instant.now(), worker.residentKib());
        thread = Thread.ofVirtual().unstarted(this::watch);
    }

    static MemoryWatch start(BenchWorker worker) throws IOException {
        MemoryWatch watch = new MemoryWatch(worker);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        try {
            while (!Thread.interrupted()) {
                seen.put(Instant.now(), worker.residentKib());
                Thread.sleep(EACH);
            }
        } catch (InterruptedException | IOException _) {
            // It is closed, or the worker is gone: nothing more to see.
        }
    }

    /** The most kilobytes that were seen. */
    long most() {
        return seen.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    /** Kilobytes at a time, or when it was last looked at before. */
    long at(Instant time) {
        Map.Entry<Instant, Long> before = seen.floorEntry(time);
        return before == null ? seen.firstEntry().getValue() : before.getValue();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
