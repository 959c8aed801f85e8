package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Boxes that cannot be swept, and who waits for a box meanwhile. */
class BoxRepairsTest {
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private final BoxPool pool = new BoxPool(List.of(1, 2));

    private int lend() throws Fault, InterruptedException {
        Integer box = pool.lend(new Cancellation());
        return box == null ? -1 : box;
    }

    @Test
    void aBoxThatRestsIsNotLent() throws Exception {
        pool.rest(lend());
        assertEquals(1, pool.total());
        assertEquals(1, pool.resting());
        assertEquals(2, lend());
    }

    @Test
    void whereNoBoxCanBeUsedNobodyWaits() throws Exception {
        pool.rest(lend());
        pool.rest(lend());
        Fault fault = assertThrows(Fault.class, this::lend);
        assertEquals("box", fault.step());
        assertEquals(
                "none of the boxes [1, 2] can be used; each is swept again from time to time",
                fault.getMessage());
        assertEquals(0, pool.total());
    }

    @Test
    void whoWaitsForTheLastBoxIsToldThatItCannotBeUsed() throws Exception {
        pool.rest(lend());
        int last = lend();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiter = threads.submit(() -> assertThrows(Fault.class, this::lend).step());
            pool.rest(last);
            assertEquals("box", waiter.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aBoxIsTriedUntilItCanBeSweptAndIsLentAgain() throws Exception {
        var tries = new CountDownLatch(3);
        var back = new CountDownLatch(1);
        var repairs =
                new BoxRepairs(
                        box -> {
                            tries.countDown();
                            if (tries.getCount() > 0) {
                                throw Faults.box("not yet");
                            }
                        },
                        box -> {
                            pool.useAgain(box);
                            back.countDown();
                        },
                        AT_ONCE);
        pool.rest(lend());
        pool.rest(lend());
        repairs.add(1);
        assertTrue(back.await(10, TimeUnit.SECONDS));
        assertEquals(1, lend());
        repairs.end();
    }

    @Test
    void afterTheEndNoBoxIsSwept() throws Exception {
        var swept = new CountDownLatch(1);
        var repairs = new BoxRepairs(_ -> swept.countDown(), _ -> {}, AT_ONCE);
        repairs.end();
        repairs.add(1);
        assertEquals(1, swept.getCount());
    }
}
