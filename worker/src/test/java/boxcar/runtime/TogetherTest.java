package boxcar.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import boxcar.job.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class TogetherTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<List<String>> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch first = new CountDownLatch(1);
    private final Together<String> together =
            new Together<>(wanted -> {
                done.add(wanted);
                if (wanted.contains("first")) {
                    waitFor(first);
                }
                if (wanted.contains("bad")) {
                    throw new Fault("database", Fault.Next.RETRY_HERE, "full");
                }
                if (wanted.contains("heavy")) {
                    throw new OutOfMemoryError("no heap");
                }
            });

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    private List<Future<?>> whileTheFirstIsDone(String... others) {
        List<Future<?>> all = new ArrayList<>();
        all.add(add("first"));
        await().until(() -> done.size() == 1);
        for (String other : others) {
            all.add(add(other));
        }
        await().until(() -> together.waiting() == others.length);
        first.countDown();
        return all;
    }

    private Future<?> add(String one) {
        return threads.submit(() -> {
            together.add(one);
            return one;
        });
    }

    @Test
    void whoWasDoneTogetherWithAnErrorHearsOfItToo() {
        for (Future<?> each : whileTheFirstIsDone("a", "heavy", "b").subList(1, 4)) {
            var e = assertThrows(ExecutionException.class, each::get);
            Fault fault = assertInstanceOf(Fault.class, e.getCause());
            assertEquals("internal", fault.step());
            assertInstanceOf(OutOfMemoryError.class, fault.getCause());
        }
        assertEquals(2, done.size(), "nobody tried it again with nothing");
    }

    @Test
    void whoComesWhileItIsDoneIsDoneInOneGo() throws Exception {
        for (Future<?> each : whileTheFirstIsDone("a", "b", "c")) {
            each.get();
        }

        assertEquals(2, done.size());
        assertEquals(List.of("first"), done.getFirst());
        assertEquals(Set.of("a", "b", "c"), Set.copyOf(done.getLast()));
    }

    @Test
    void aFaultIsToldToAllWhoWereDoneWithItAndToNobodyElse() throws Exception {
        List<Future<?>> all = whileTheFirstIsDone("a", "bad");

        assertEquals("first", all.get(0).get());
        for (Future<?> each : all.subList(1, 3)) {
            Throwable cause = assertThrows(ExecutionException.class, each::get).getCause();
            assertEquals("full", assertInstanceOf(Fault.class, cause).getMessage());
        }
        together.add("later");
        assertEquals(List.of("later"), done.getLast());
    }
}
