package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.UnreadableValue;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Several replicas on one host share a box range, and no box. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicasTest extends Telling {
    /** The best goes of one and the same thing differ by some percent, from run to run. */
    private static final double NO_LESS = 0.95;

    private static final Pattern CLAIMED = Pattern.compile("boxes \\[([0-9, ]+)]");

    private static final int ROUNDS = 3;

    /** Jobs for each replica: four have four programs to warm up, and that is no throughput. */
    private static final int WARM_UP = 3000;

    @SuppressWarnings("NullAway.Init")
    private Field field;

    private final List<WorkerProcess> all = new ArrayList<>();

    @BeforeAll
    void aBroker() throws Exception {
        field = Field.open();
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    @Tried("Two replicas with two boxes each of one range, 150 jobs")
    @Must("no box is held twice at once; each job runs once")
    @Test
    void twoReplicasHoldNoBoxTwiceAndAnswerEachJobOnce() throws Exception {
        Team two = start(2, 2);
        two.carryOut(150);
        two.end();
        assertNoBoxWasHeldTwice();
    }

    /**
     * In turns, so that a machine that becomes slower does so to all, and by the best of each,
     * since what else the machine does takes from single goes. Beside one replica with the settings
     * of each of the four: one that has the boxes of all. That one is faster, for it is one program
     * with its caches in place of four that take turns on the same cores; it is told, not judged.
     */
    @Tried("Four replicas of one box each of one range, 2,000 jobs, six times")
    @Must(
            "no box is held twice at once; each job runs once; no fewer jobs a second than one such replica, but for a twentieth")
    @Test
    @Tag("long")
    void fourReplicasHoldNoBoxTwiceAndAreNotSlowerThanOne() throws Exception {
        double one = 0;
        double four = 0;
        double large = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            double alone = measured(1, 1);
            double together = measured(4, 1);
            double withAll = measured(1, 4);
            System.out.printf(
                    Locale.ROOT,
                    "REPLICAS round %d, 2000 jobs each, jobs/s: one with 1 box %.1f, four with 1 box each %.1f, one with 4 boxes %.1f%n",
                    round,
                    alone,
                    together,
                    withAll);
            one = Math.max(one, alone);
            four = Math.max(four, together);
            large = Math.max(large, withAll);
        }
        double ratio = four / one;
        tell(
                String.format(
                        Locale.ROOT,
                        "jobs a second, best of %d goes: %.1f by four, %.1f by one (%.2f), %.1f by one with"
                                + " the boxes of all",
                        2 * ROUNDS,
                        four,
                        one,
                        ratio,
                        large));
        assertNoBoxWasHeldTwice();
        assertTrue(ratio >= NO_LESS, "four replicas do " + ratio + " of what one does");
    }

    /** The better of two goes. */
    private double measured(int replicas, int boxes) throws Exception {
        Team team = start(replicas, boxes);
        team.carryOut(WARM_UP * replicas);
        double rate = Math.max(team.carryOut(2000), team.carryOut(2000));
        team.end();
        return rate;
    }

    private Team start(int replicas, int boxes) throws Exception {
        Map<String, String> settings =
                Map.of(
                        "BOXCAR_BOXES", Integer.toString(boxes),
                        "BOXCAR_SLOTS_EXTRA", Integer.toString(boxes));
        List<WorkerProcess> workers = new ArrayList<>();
        for (int i = 0; i < replicas; i++) {
            workers.add(field.starting("replica-" + all.size(), settings));
            all.add(workers.getLast());
        }
        await().atMost(Field.PATIENCE)
                .until(() -> workers.stream().allMatch(worker -> Field.ready(worker) == 200));
        if (field.client.catalogue().isEmpty()) {
            JsonNode installed = field.run(JobTopic.INSTALL, House.install("sh", ""));
            assertEquals("SUCCEEDED", installed.path("outcome").asText(), installed::toString);
        }
        workers.forEach(worker -> Field.awaitLog(worker, "is ready on this host", 1));
        Set<String> claimed = new TreeSet<>();
        workers.forEach(worker -> claim(worker, boxes + 1, claimed));
        Team team = new Team(workers);
        team.awaitThatAllTakeJobs();
        return team;
    }

    /** By the log of claims: one more than asked is the installations'. */
    private static void claim(WorkerProcess worker, int count, Set<String> claimed) {
        Matcher log = CLAIMED.matcher(Field.log(worker));
        assertTrue(log.find(), () -> Field.log(worker));
        List<String> numbers = List.of(log.group(1).split(", ", -1));
        assertEquals(count, numbers.size(), worker.name());
        numbers.forEach(
                number -> assertTrue(claimed.add(number), "box " + number + " is claimed twice"));
    }

    private void assertNoBoxWasHeldTwice() throws Exception {
        WorkerLogs logs = WorkerLogs.read(all);
        assertTrue(logs.lends() > 0, "the logs tell of boxes");
        assertEquals(List.of(), logs.heldTwice());
        assertEquals(Set.of(), logs.ranMoreThanOnce());
    }

    /** Replicas that are up at once. */
    private final class Team {
        private final List<WorkerProcess> workers;
        private final Set<String> seen = new TreeSet<>();

        Team(List<WorkerProcess> workers) {
            this.workers = workers;
        }

        /** A slot gets its partition by a heartbeat, some time after its worker is ready. */
        void awaitThatAllTakeJobs() {
            await().atMost(Field.PATIENCE)
                    .until(() -> {
                        carryOut(8);
                        return seen.size() == workers.size();
                    });
        }

        /**
         * @return jobs a second, from the first result to the last
         */
        double carryOut(int count) throws Exception {
            Map<String, byte[]> jobs = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                ObjectNode job = House.sh("echo " + i);
                jobs.put(job.path("job_id").asText(), House.JSON.writeValueAsBytes(job));
            }
            Instant from = Instant.now();
            field.client.sendAll(JobTopic.EXECUTE, jobs);
            List<Instant> at = new ArrayList<>();
            results(jobs.keySet(), from)
                    .forEach((id, results) -> {
                        assertEquals(1, results.size(), id);
                        JsonNode result = json(results.getFirst());
                        assertEquals(
                                "SUCCEEDED", result.path("outcome").asText(), result::toString);
                        seen.add(result.path("replica").asText());
                        at.add(results.getFirst().at());
                    });
            assertEquals(count, at.size());
            at.sort(null);
            Duration took = Duration.between(at.getFirst(), at.getLast());
            return (count - 1) * 1000.0 / Math.max(1, took.toMillis());
        }

        private Map<String, List<BoxcarClient.Raw>> results(Set<String> wanted, Instant from) {
            Map<String, List<BoxcarClient.Raw>> found = new HashMap<>();
            await().atMost(Duration.ofMinutes(5))
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> {
                        found.clear();
                        field.client.results(
                                new BoxcarClient.View(null, true, false),
                                raw -> {
                                    String id = Objects.requireNonNullElse(raw.key(), "");
                                    if (wanted.contains(id) && !raw.at().isBefore(from)) {
                                        found.computeIfAbsent(id, _ -> new ArrayList<>()).add(raw);
                                    }
                                    return true;
                                });
                        return found.size() == wanted.size();
                    });
            return found;
        }

        private static JsonNode json(BoxcarClient.Raw raw) {
            try {
                return ResultCodec.toJson(Objects.requireNonNull(raw.value()));
            } catch (UnreadableValue e) {
                throw new AssertionError(e);
            }
        }

        void end() throws Exception {
            for (WorkerProcess worker : workers) {
                worker.terminate();
            }
            for (WorkerProcess worker : workers) {
                assertEquals(0, worker.awaitExit(180), () -> Field.log(worker));
            }
        }
    }
}
