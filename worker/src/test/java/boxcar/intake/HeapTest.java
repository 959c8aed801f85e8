package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However large jobs and their results are, and however many boxes: the heap is enough. */
class HeapTest {
    @TempDir Path home;

    /** Without a bound, the jobs of eight boxes keep 640 MB. */
    @ParameterizedTest
    @CsvSource({"AVRO, 8", "JSON, 16"})
    void jobsThatTakeAllTheyCanAreDoneInTheirShareOfTheHeap(Format format, int boxes)
            throws Exception {
        Finished attack =
                OsProcess.run(
                        Command.tool(
                                List.of(
                                        ProcessHandle.current().info().command().orElseThrow(),
                                        "--enable-native-access=ALL-UNNAMED",
                                        "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=boxcar.schema",
                                        "-XX:+UseSerialGC",
                                        "-XX:TieredStopAtLevel=1",
                                        "-XX:+ExitOnOutOfMemoryError",
                                        // Three eighths of it are the jobs'; the largest job alone
                                        // takes that.
                                        "-Xmx448m",
                                        "-cp",
                                        System.getProperty("java.class.path"),
                                        HeapAttack.class.getName(),
                                        home.toString(),
                                        format.name(),
                                        Integer.toString(boxes))),
                        Duration.ofMinutes(5));

        assertEquals(0, attack.exit(), attack::evidence);
        assertEquals("done", attack.out());
    }

    @Test
    void aJobIsWeighedByWhatItMayBecome() {
        JobWeight weight = new JobWeight(1000, 1_000_000);
        byte[] plain = "{\"job_id\":\"j\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] zip = "{\"zip\":\"\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] hidden = "{\"\\u007aip\":\"\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(weight.of(plain) < 4_000, weight.of(plain) + " bytes");
        assertTrue(weight.of(zip) > 2_000_000, weight.of(zip) + " bytes");
        assertTrue(weight.of(hidden) > 2_000_000, weight.of(hidden) + " bytes");
    }
}
