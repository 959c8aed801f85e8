package boxcar.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TimingsTest {
    private final AtomicLong now = new AtomicLong();
    private final List<String> order = new ArrayList<>();
    private final Map<String, Duration> told = new HashMap<>();
    private final Timings timings =
            new Timings(
                    now::get,
                    (step, took) -> {
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
        try (var _ = timings.begin("other")) {
            try (var _ = timings.begin("box")) {
                spend(20);
                try (var _ = timings.begin("engine")) {
                    spend(30);
                }
            }
            try (var _ = timings.begin("publish")) {
                spend(10);
            }
            spend(5);
        }
        assertEquals(List.of("engine", "box", "publish", "other"), order);
        assertEquals(30, millis("engine"));
        assertEquals(20, millis("box"));
        assertEquals(10, millis("publish"));
        assertEquals(5, millis("other"));
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
        assertEquals(30, millis("hand-over"));
    }

    private long millis(String step) {
        return told.getOrDefault(step, Duration.ofDays(-1)).toMillis();
    }

    private void spend(long millis) {
        now.addAndGet(millis * 1_000_000);
    }
}
