package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.job.Limits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LimitsTextTest {
    private static Limits limits(long outputKib) {
        return new Limits(
                Duration.ofMillis(1500),
                Duration.ofSeconds(1),
                Duration.ZERO,
                2,
                3,
                4,
                5,
                outputKib);
    }

    @Test
    void limitsComeBackAsTheyWere() {
        assertEquals(limits(6), LimitsText.read(LimitsText.write(limits(6))));
    }

    @Test
    void aRowOfBeforeThereWasALimitOfOutputIsRead() {
        assertEquals(
                limits(Limits.FORMER_OUTPUT_KIB),
                LimitsText.read(
                        "wall_time_ms=1500 cpu_time_ms=1000 extra_time_ms=0 memory_kib=2"
                                + " max_file_size_kib=3 max_open_files=4 max_number_of_processes=5"));
    }
}
