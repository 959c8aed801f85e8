package boxcar.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs each benchmark for a moment: it works, and tells microseconds. */
class PartsTest {
    @Test
    void everyPartCanBeMeasured() throws Exception {
        Collection<RunResult> results =
                new Runner(
                                new OptionsBuilder()
                                        .include("^boxcar\\..*Bench\\.")
                                        .forks(0)
                                        .warmupIterations(0)
                                        .measurementIterations(1)
                                        .measurementTime(TimeValue.milliseconds(50))
                                        .shouldFailOnError(true)
                                        .verbosity(VerboseMode.SILENT)
                                        .build())
                        .run();
        Set<String> measured = new TreeSet<>();
        for (RunResult result : results) {
            measured.add(result.getPrimaryResult().getLabel());
            assertEquals("us/op", result.getPrimaryResult().getScoreUnit());
            assertTrue(result.getPrimaryResult().getScore() > 0, result::toString);
        }
        assertEquals(
                Set.of(
                        "claimBox",
                        "decode",
                        "encode",
                        "ledgerLookUp",
                        "ledgerWrite",
                        "lendBox",
                        "metaParse",
                        "processStart",
                        "workDirectory"),
                measured);
    }
}
