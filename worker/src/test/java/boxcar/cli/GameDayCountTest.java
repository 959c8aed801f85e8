package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A game day is no use if it does not see what went wrong. */
class GameDayCountTest {
    private static final List<GameDayJobs.Planned> JOBS =
            List.of(
                    new GameDayJobs.Planned("a", new byte[0], "OK"),
                    new GameDayJobs.Planned("b", new byte[0], "OK"));
    private static final JsonNode WELL = result("SUCCEEDED", "OK", "1");

    private static JsonNode result(String outcome, String verdict, String attempt) {
        return House.JSON
                .createObjectNode()
                .put("outcome", outcome)
                .put("verdict", verdict)
                .put("attempt", attempt)
                .put("replica", "one")
                .put("delivery", 2)
                .put("started_at", 10)
                .put("finished_at", 20);
    }

    private static GameDayCount count(Map<String, List<JsonNode>> results) {
        return GameDayCount.of(JOBS, results);
    }

    @Test
    void whereEachJobHasItsOneResultNothingIsAmiss() {
        GameDayCount count = count(Map.of("a", List.of(WELL), "b", List.of(WELL)));

        assertEquals(Set.of("a", "b"), count.outcomes());
        assertEquals(List.of(), count.missing());
        assertEquals(List.of(), count.contradicting());
        assertEquals(List.of(), count.unexpected());
        assertEquals(Set.of(), count.repeated());
        assertEquals(Set.of(), count.faults());
        assertEquals(Set.of(), count.executedMoreThanOnce(Set.of()));
    }

    @Test
    void aJobWithoutAResultIsMissingThoughOthersHaveTwo() {
        GameDayCount count =
                count(Map.of("a", List.of(WELL, WELL), "somebody else's", List.of(WELL)));

        assertEquals(List.of("b"), count.missing());
        assertEquals(Set.of("a"), count.outcomes());
    }

    @Test
    void resultsThatDifferInOutcomeOrVerdictContradictAndThoseThatDoNotAreRepeated() {
        JsonNode fault = result("FAULT", "null", "1");
        JsonNode wrong = result("SUCCEEDED", "RUNTIME_ERROR", "1");
        Map<String, List<JsonNode>> results = new HashMap<>();
        results.put("a", List.of(WELL, fault));
        results.put("b", List.of(WELL, wrong));

        GameDayCount count = count(results);
        results.put("b", List.of(WELL, WELL));
        GameDayCount repeated = count(results);

        String by = " of one, delivery 2, 10 to 20";
        assertEquals(
                List.of(
                        "contradicting: a ended as [SUCCEEDED OK" + by + ", FAULT null" + by + "]",
                        "contradicting: b ended as [SUCCEEDED OK"
                                + by
                                + ", SUCCEEDED RUNTIME_ERROR"
                                + by
                                + "]"),
                count.contradicting());
        assertEquals(1, repeated.contradicting().size());
        assertEquals(Set.of("a", "b"), repeated.repeated());
    }

    @Test
    void aFirstResultThatIsNotTheProgramsIsUnexpectedAndMayBeAFault() {
        JsonNode fault = result("FAULT", "null", "1");

        GameDayCount count = count(Map.of("a", List.of(fault), "b", List.of(WELL, fault)));

        assertEquals(List.of("unexpected: a ended as FAULT null, not OK "), count.unexpected());
        assertEquals(Set.of("a"), count.faults());
    }

    @Test
    void aJobIsExecutedMoreThanOnceByWhatTheLogsTellOrBySeveralAttemptsInItsResults() {
        GameDayCount count =
                count(
                        Map.of(
                                "a",
                                List.of(WELL, WELL),
                                "b",
                                List.of(WELL, result("SUCCEEDED", "OK", "2"))));

        assertEquals(Set.of("b"), count.executedMoreThanOnce(Set.of()));
        assertEquals(Set.of("a", "b"), count.executedMoreThanOnce(Set.of("a", "an installation")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "missing",
                "contradicting",
                "boxes_left",
                "processes_left",
                "folders_left",
                "boxes_held_twice",
                "stopped_badly"
            })
    void aGameDayIsWellOnlyIfNoneOfWhatThePromiseForbidsWasFound(String what) {
        assertTrue(report(Map.of("repeated", 3L, what, 0L)).well());
        assertTrue(!report(Map.of("repeated", 3L, what, 1L)).well());
    }

    private static GameDay.Report report(Map<String, Long> counts) {
        return new GameDay.Report("isolate", counts, List.of(), Duration.ZERO);
    }
}
