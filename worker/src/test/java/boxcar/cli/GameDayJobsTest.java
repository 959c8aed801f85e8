package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import boxcar.config.Config;
import boxcar.intake.Decoded;
import boxcar.intake.JobDecoder;
import boxcar.intake.JobTopic;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A game day is no use if its own jobs cannot be read. */
class GameDayJobsTest {
    private static void assertIsAJob(JobTopic topic, GameDayJobs.Planned job) throws Exception {
        Config config = Config.read(Optional.empty(), Map.of());
        Decoded decoded = new JobDecoder(Setup.rules(config)).decode(topic, null, job.json());
        assertEquals(job.id(), assertInstanceOf(Decoded.Good.class, decoded).job().id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"perl", "c"})
    void theRuntimesThatAreInstalledFirstHaveIdsThoughTheExamplesHaveNone(String name)
            throws Exception {
        assertIsAJob(JobTopic.INSTALL, GameDayJobs.installation(new Examples(Path.of("..")), name));
    }

    @Test
    void eachJobCanBeRead() throws Exception {
        for (GameDayJobs.Planned job : GameDayJobs.plan(20)) {
            assertIsAJob(JobTopic.EXECUTE, job);
        }
    }
}
