package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import boxcar.config.Config;
import boxcar.intake.Decoded;
import boxcar.intake.Format;
import boxcar.intake.JobJson;
import boxcar.intake.JobRules;
import boxcar.intake.JobTopic;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SetupTest {
    @Test
    void whatAnOperatorGetsWhoSetsNothingIsWhatThePageForProducersSays() throws Exception {
        JobRules rules = Setup.rules(Config.read(Optional.empty(), Map.of()));
        JobRules standard = JobRules.standard();
        assertEquals(standard.defaults(), rules.defaults());
        assertEquals(standard.maxima(), rules.maxima());
        assertEquals(standard.caps(), rules.caps());
    }

    /** The maxima are the operator's, so a producer's check has none, and names none. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wall_time | 0 | must be at least 0.001 seconds, but is '0'",
                "extra_time | -1 | must be at least 0 seconds, but is '-1'",
                "memory | 0 | must be at least 1 kilobytes, but is '0'",
                "max_open_files | 3 | must be at least 4 files, but is '3'",
                "max_output | -1 | must be at least 1 kilobytes, but is '-1'",
            })
    void aProducersCheckNamesNoMaximum(String field, String value, String message)
            throws Exception {
        var bad = assertInstanceOf(Decoded.Bad.class, checked(field, value));

        assertEquals("run_limits." + field + " " + message, bad.rejection().message());
        assertNull(requireNonNull(bad.rejection().range()).most());
    }

    @ParameterizedTest
    @CsvSource({
        "wall_time,100000000",
        "cpu_time,1e300",
        "memory,9223372036854775807",
        "max_open_files,2147483647"
    })
    void aProducersCheckLeavesWhatIsTooMuchToTheWorker(String field, String value)
            throws Exception {
        assertInstanceOf(Decoded.Good.class, checked(field, value));
    }

    private static Decoded checked(String field, String value) throws Exception {
        JobRules rules = Setup.producerRules(Config.read(Optional.empty(), Map.of()));
        String job =
                "{\"job_id\":\"1\",\"runtime\":\"perl\",\"source_code\":\"1\",\"run_limits\":{\"%s\":%s}}"
                        .formatted(field, value);
        return new JobJson(rules, Format.JSON)
                .prepare(JobTopic.EXECUTE, job.getBytes(UTF_8))
                .decoded();
    }
}
