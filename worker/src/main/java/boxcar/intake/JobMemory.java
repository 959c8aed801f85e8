package boxcar.intake;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;

/**
 * Lets jobs in as long as the heap has room for what they may take; others wait, in the order in
 * which they came. One that may take more than all of the room has it alone.
 *
 * <p>Jobs that wait are held with their locks renewed, as those are that wait for a box.
 */
final class JobMemory implements RecordHandler {
    private static final int KIB = 1024;

    private final RecordHandler handler;
    private final ToLongFunction<byte[]> weight;
    private final int kib;
    private final Semaphore room;

    /**
     * @param bytes of the heap for all jobs together
     * @param weight what a job may take, by its record's value
     */
    JobMemory(RecordHandler handler, long bytes, ToLongFunction<byte[]> weight) {
        this.handler = handler;
        this.weight = weight;
        this.kib = Math.toIntExact(Math.max(1, Math.min(Integer.MAX_VALUE, bytes / KIB)));
        this.room = new Semaphore(kib, true);
    }

    /**
     * Three eighths of the heap: the rest is for records that wait, Kafka's clients and ourselves.
     */
    static long ofHeap() {
        return Runtime.getRuntime().maxMemory() / 8 * 3;
    }

    /** While a job waits, none is fetched: so few wait. */
    @Override
    public boolean awaitRoom(Duration patience) throws InterruptedException {
        boolean free = room.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (free) {
            room.release();
        }
        return free;
    }

    @Override
    public Settling handle(Delivery delivery) throws InterruptedException {
        byte[] value = delivery.value();
        int taken =
                value == null
                        ? 0
                        : (int) Math.min(kib, (weight.applyAsLong(value) + KIB - 1) / KIB);
        room.acquire(taken);
        AtomicBoolean has = new AtomicBoolean(true);
        Delivery.Aside aside =
                wait -> {
                    leave(has, taken);
                    delivery.aside().await(wait);
                };
        try {
            return handler.handle(delivery.with(aside));
        } finally {
            leave(has, taken);
        }
    }

    /** A job that waits before it is given back has nothing left that takes room. */
    private void leave(AtomicBoolean has, int taken) {
        if (has.compareAndSet(true, false)) {
            room.release(taken);
        }
    }
}
