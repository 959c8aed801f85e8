package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.config.Config;
import boxcar.intake.JobRules;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SetupTest {
    @Test
    void whatAnOperatorGetsWhoSetsNothingIsWhatThePageForProducersSays() throws Exception {
        JobRules rules = Setup.rules(Config.read(Optional.empty(), Map.of()));
        JobRules standard = JobRules.standard();
        assertEquals(standard.defaults(), rules.defaults());
        assertEquals(standard.maxima(), rules.maxima());
        assertEquals(standard.caps(), rules.caps());
    }
}
