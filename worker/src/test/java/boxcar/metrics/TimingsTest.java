package boxcar.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class TimingsTest {
    private final List<String> order = new ArrayList<>();
    private final Map<String, Duration> told = new HashMap<>();
    private final Timings timings =
            new Timings((step, took) -> {
                order.add(step);
                told.put(step, took);
            });

    @Test
    void aStepIsToldWhenItEnds() {
        try (var _ = timings.begin("decode")) {
            assertEquals(List.of(), order);
        }
        assertEquals(List.of("decode"), order);
    }

    @Test
    void aStepIsToldWithoutTheStepsInItSoThatAllAddUpToTheWhole() {
        long start = System.nanoTime();
        try (var _ = timings.begin("other")) {
            try (var _ = timings.begin("box")) {
                spend(30);
                try (var _ = timings.begin("engine")) {
                    spend(30);
                }
            }
            try (var _ = timings.begin("publish")) {
                spend(30);
            }
        }
        long whole = System.nanoTime() - start;
        assertEquals(List.of("engine", "box", "publish", "other"), order);
        long sum = told.values().stream().mapToLong(Duration::toNanos).sum();
        assertTrue(sum <= whole, sum + " of " + whole);
        // Every nanosecond between the first begin and the last close is somebody's.
        assertTrue(sum > whole - 5_000_000, sum + " of " + whole);
        assertTrue(millis("engine") >= 30, told::toString);
        assertTrue(millis("box") >= 30, told::toString);
        assertTrue(millis("other") < 30 && millis("other") >= 0, told::toString);
    }

    @Test
    void timeThatIsToldElsewhereIsTakenAway() {
        try (var timing = timings.begin("engine")) {
            spend(20);
            timing.without(Duration.ofDays(1));
        }
        assertEquals(Duration.ZERO, told.get("engine"));
    }

    @Test
    void whatAnotherThreadDoesMeanwhileLiesInNoStepOfThisOne() throws Exception {
        try (var _ = timings.begin("hand-over")) {
            Thread other =
                    Thread.ofVirtual()
                            .start(() -> {
                                try (var _ = timings.begin("decode")) {
                                    spend(30);
                                }
                            });
            other.join();
        }
        assertEquals(List.of("decode", "hand-over"), order);
        assertTrue(millis("hand-over") >= 30, told::toString);
    }

    private long millis(String step) {
        return told.getOrDefault(step, Duration.ofDays(-1)).toMillis();
    }

    /** Busy or parked, no sooner over than it says. */
    private static void spend(long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}
