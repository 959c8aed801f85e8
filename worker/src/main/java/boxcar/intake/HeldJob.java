package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A delivery being handled on a thread of its own. */
final class HeldJob {
    private static final Logger log = LoggerFactory.getLogger(HeldJob.class);
    private static final Duration REST = Duration.ofSeconds(1);

    private final CompletableFuture<Settling> end = new CompletableFuture<>();
    private final Thread thread;

    private HeldJob(String name, RecordHandler handler, Delivery delivery) {
        thread =
                Thread.ofVirtual()
                        .name(name + " job")
                        .unstarted(() -> end.complete(handle(handler, delivery)));
    }

    static HeldJob start(String name, RecordHandler handler, Delivery delivery) {
        HeldJob job = new HeldJob(name, handler, delivery);
        job.thread.start();
        return job;
    }

    private static Settling handle(RecordHandler handler, Delivery delivery) {
        try {
            return handler.handle(delivery);
        } catch (InterruptedException e) {
            return new Settling.Release(Duration.ZERO);
        } catch (Throwable e) {
            // Even an Error must not leave the slot waiting for ever.
            log.error("Handling {} failed", delivery.place(), e);
            return new Settling.Release(REST);
        }
    }

    boolean endsWithin(Duration time) throws InterruptedException {
        try {
            end.get(time.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new AssertionError("handle() completes the future with a value", e);
        }
    }

    void interrupt() {
        thread.interrupt();
    }

    void awaitEnd() throws InterruptedException {
        thread.join();
    }

    /** What becomes of the record; to be asked after the end. */
    Settling settling() {
        return end.resultNow();
    }
}
