package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.sandbox.Remains;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What came of a soak; filled from what is left behind, one part after the other. */
final class SoakReport {
    /** What the promise forbids. */
    static final Set<String> MUST_BE_0 =
            Set.of(
                    "missing",
                    "contradicting",
                    "letters_missing",
                    "boxes_held_twice",
                    "boxes_left",
                    "processes_left",
                    "folders_left",
                    "stopped_badly");

    private final SoakSamples samples;
    private final Map<String, Long> counts = new LinkedHashMap<>();
    private final List<String> details = new ArrayList<>();

    SoakReport(SoakSamples samples) {
        this.samples = samples;
    }

    boolean well() {
        return samples.areFlat()
                && MUST_BE_0.stream().allMatch(what -> counts.getOrDefault(what, 0L) == 0);
    }

    SoakSamples samples() {
        return samples;
    }

    Map<String, Long> counts() {
        return Collections.unmodifiableMap(counts);
    }

    List<String> details() {
        return Collections.unmodifiableList(details);
    }

    SoakReport count(String what, long count) {
        counts.put(what, count);
        return this;
    }

    /** Counts things, and tells each. */
    SoakReport each(String what, String word, Collection<String> things) {
        things.forEach(thing -> details.add(word + thing));
        return count(what, things.size());
    }

    /** What the topics tell. */
    SoakReport jobs(SoakLoad load, BoxcarClient client) {
        GameDayCount count = GameDayCount.of(load.jobs(), GameDay.results(client));
        return count("jobs", load.jobs().size())
                .count("runtimes_installed", load.runtimes())
                .count("outcomes", count.outcomes().size())
                .each("missing", "missing: ", count.missing())
                .each("contradicting", "", count.contradicting())
                .each("unexpected", "", count.unexpected())
                .count("repeated", count.repeated().size())
                .count("unreadable_sent", load.unreadable())
                .count("letters_missing", load.unreadable() - letters(client));
    }

    /** Different records among the dead letters: a kill may bring the same one twice. */
    private static long letters(BoxcarClient client) {
        return client.deadLetters().stream()
                .map(raw -> raw.value() == null ? new byte[0] : raw.value())
                .map(value -> new String(value, StandardCharsets.UTF_8))
                .filter(SoakLoad::isUnreadable)
                .distinct()
                .count();
    }

    /** What the workers' logs and the host tell. */
    SoakReport boxes(WorkerLogs logs, Remains remains) {
        return count("boxes_lent", logs.lends())
                .each("boxes_held_twice", "held twice: ", logs.heldTwice())
                .each("boxes_left", "box left: ", remains.boxes())
                .each("processes_left", "process left: ", remains.processes());
    }
}
