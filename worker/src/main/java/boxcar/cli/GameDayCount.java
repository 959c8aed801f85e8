package boxcar.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the results topic tells of the jobs.
 *
 * @param ids of all the jobs
 * @param contradicting in words
 * @param unexpected in words
 */
record GameDayCount(
        Set<String> ids,
        Set<String> outcomes,
        List<String> missing,
        List<String> contradicting,
        Set<String> repeated,
        Set<String> severalAttempts,
        List<String> unexpected,
        Set<String> faults) {
    static GameDayCount of(
            List<GameDayJobs.Planned> jobs, Map<String, List<JsonNode>> resultsOfAll) {
        GameDayCount count =
                new GameDayCount(
                        new HashSet<>(),
                        new HashSet<>(),
                        new ArrayList<>(),
                        new ArrayList<>(),
                        new HashSet<>(),
                        new HashSet<>(),
                        new ArrayList<>(),
                        new HashSet<>());
        jobs.forEach(job -> count.add(job, resultsOfAll.getOrDefault(job.id(), List.of())));
        return count;
    }

    private void add(GameDayJobs.Planned job, List<JsonNode> results) {
        ids.add(job.id());
        if (results.isEmpty()) {
            missing.add(job.id());
            return;
        }
        outcomes.add(job.id());
        if (results.size() > 1) {
            repeated.add(job.id());
        }
        if (results.stream().map(result -> result.path("attempt").asText()).distinct().count()
                > 1) {
            severalAttempts.add(job.id());
        }
        List<String> words = results.stream().map(GameDayCount::words).distinct().toList();
        if (words.size() > 1) {
            contradicting.add(
                    "contradicting: "
                            + job.id()
                            + " ended as "
                            + results.stream().map(GameDayCount::details).toList());
        }
        JsonNode first = results.getFirst();
        if (!first.path("verdict").asText().equals(job.verdict())) {
            unexpected.add(
                    "unexpected: "
                            + job.id()
                            + " ended as "
                            + words(first)
                            + ", not "
                            + job.verdict()
                            + " "
                            + first.path("fault"));
        }
        if (first.path("outcome").asText().equals("FAULT")) {
            faults.add(job.id());
        }
    }

    /**
     * Those of the jobs whose results name several attempts, or that began to run several times.
     *
     * @param ran more than once, as the workers' logs tell, and whatever else ran so
     */
    Set<String> executedMoreThanOnce(Set<String> ran) {
        Set<String> executed = new HashSet<>(ran);
        executed.addAll(severalAttempts);
        executed.retainAll(ids);
        return executed;
    }

    /** What it takes to find the cause in the workers' logs. */
    private static String details(JsonNode result) {
        return "%s of %s, delivery %s, %s to %s"
                .formatted(
                        words(result),
                        result.path("replica").asText(),
                        result.path("delivery").asText(),
                        result.path("started_at").asText(),
                        result.path("finished_at").asText());
    }

    private static String words(JsonNode result) {
        return result.path("outcome").asText() + " " + result.path("verdict").asText();
    }
}
