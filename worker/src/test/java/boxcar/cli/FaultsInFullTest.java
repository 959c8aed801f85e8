package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.config.Config;
import boxcar.intake.JobTopic;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import boxcar.sandbox.Remains;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever dies, a job gets its one outcome: each step, and what takes its time. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsInFullTest extends Telling {
    private static final Duration LONGER_THAN_THE_LOCK = Field.LOCK.plusSeconds(3);

    /** A range of its own: what others leave is not taken for what ours left. */
    private static final Map<String, String> BOXES =
            Map.of("BOXCAR_BOXES_FIRST", "770", "BOXCAR_BOXES_LAST", "789");

    private static final Remains NOTHING = new Remains(List.of(), List.of());

    @SuppressWarnings("NullAway.Init")
    private Field field;

    private int workers;

    @BeforeAll
    void aBrokerAndTwoRuntimes() throws Exception {
        field = Field.open();
        WorkerProcess first = field.worker("first");
        assertWell(field.run(JobTopic.INSTALL, House.install("sh", "")));
        ObjectNode compiled = House.install("compiled", "").put("compile_script", "sleep 1\n");
        assertWell(field.run(JobTopic.INSTALL, compiled));
        end(first);
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    @AfterEach
    void nobodyIsLeft() throws Exception {
        field.killWorkers();
    }

    private static void assertWell(JsonNode result) {
        assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
    }

    private static void end(WorkerProcess worker) throws Exception {
        worker.terminate();
        assertEquals(0, worker.awaitExit(180), () -> Field.log(worker));
    }

    private String newName() {
        return "worker-" + workers++;
    }

    @Tried("`kill -9` of a worker with ten slots more, whose fetches wait at the broker, six times")
    @Must("the job comes to the next worker by its fourth delivery at the latest, and is run")
    @Test
    void theFetchesOfADeadWorkersOtherSlotsDoNotUseUpAJobsDeliveries() throws Exception {
        Map<String, String> many = Map.of("BOXCAR_SLOTS_EXTRA", "10");
        List<Integer> deliveries = new ArrayList<>();
        WorkerProcess one = field.worker(newName(), many);
        for (int kills = 0; kills < 6; kills++) {
            ObjectNode job = House.sh("sleep 2; echo done");
            int lent = Field.count(one, "lent");
            field.send(JobTopic.EXECUTE, job);
            Field.awaitLog(one, "lent", lent + 1);
            one.kill();
            one = field.worker(newName(), many);
            JsonNode result = field.result(job);
            assertWell(result);
            deliveries.add(result.path("delivery").asInt());
        }
        tell("deliveries " + deliveries);
        // Its own, one for each slot that waited for records, and the other worker's.
        assertTrue(Collections.max(deliveries) <= 4, deliveries::toString);
        end(one);
    }

    /** The words in the log after which the worker is killed, and how often they must be there. */
    @Tried(
            "`kill -9` of a worker after the poll, in the compile box and after it, in the "
                    + "run box and after it")
    @Must("another worker answers, if the first had not; one verdict; nothing of the first is left")
    @ParameterizedTest
    @ValueSource(strings = {"came, delivery 1/1", "lent/1", "returned/1", "lent/2", "returned/2"})
    void killedAtAnyStepTheJobIsDoneByAnother(String step) throws Exception {
        String[] parts = step.split("/", -1);
        WorkerProcess one = field.worker(newName(), BOXES);
        int lentBefore = Field.count(one, "lent");
        int times = Integer.parseInt(parts[1]) + (parts[0].startsWith("came") ? 0 : lentBefore);
        ObjectNode job = House.sh("sleep 1; echo done").put("runtime", "compiled");
        field.send(JobTopic.EXECUTE, job);
        Field.awaitLog(one, parts[0], times);
        one.kill();
        boolean told = !field.results(job).isEmpty();
        // Only then has it come so far that it may have told of it.
        assertTrue(!told || step.equals("returned/2"), () -> Field.log(one));
        WorkerProcess other = field.worker(newName(), BOXES);
        JsonNode result = field.result(job);
        assertWell(result);
        assertEquals((told ? one : other).name(), result.path("replica").asText());
        assertEquals(1, field.results(job).stream().map(r -> r.path("verdict")).distinct().count());
        // The survivor sweeps, every ten seconds, the numbers that nobody holds.
        await().atMost(Field.PATIENCE)
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> assertEquals(NOTHING, remains()));
        end(other);
        assertEquals(NOTHING, remains());
    }

    private Remains remains() throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.putAll(BOXES);
        return Remains.find(Setup.sandbox(Config.read(Optional.empty(), environment)));
    }

    @Tried("`kill -9` after the result, before the acknowledgement")
    @Must("found in the results; not run again; one record")
    @Test
    void killedBetweenItsResultAndItsAcknowledgementAJobIsNotRunAgain() throws Exception {
        WorkerProcess one = field.worker(newName(), Map.of(), "-Dboxcar.gameday.told_seconds=20");
        ObjectNode job = House.sh("echo done");
        field.send(JobTopic.EXECUTE, job);
        assertWell(field.result(job));
        one.kill();
        WorkerProcess other = field.worker(newName());
        Field.awaitLog(other, "was answered already by another attempt", 1);
        assertEquals(0, Field.count(other, "runs, delivery"));
        assertEquals(1, field.results(job).size());
        end(other);
    }

    @Tried("`kill -9` in an installation, before the catalogue's record")
    @Must(
            "no record yet; installed once by the next, with the same id on a second replica; nothing staged")
    @Test
    void killedBeforeTheCatalogueRecordAnInstallationIsDoneByAnother() throws Exception {
        WorkerProcess one = field.worker(newName());
        int lent = Field.count(one, "lent");
        ObjectNode job = House.install("before", House.hook("sleep 5"));
        field.send(JobTopic.INSTALL, job);
        Field.awaitLog(one, "lent", lent + 1);
        one.kill();
        assertEquals(0, installations("before"));
        assertEquals(List.of(), field.results(job));
        WorkerProcess again = field.worker(one.name());
        WorkerProcess other = field.worker(newName());
        JsonNode result = field.result(job);
        assertWell(result);
        String id = result.path("runtime_id").asText();
        awaitRuntime(id, again, other);
        assertEquals(1, installations("before"));
        assertEquals(List.of(), staged(one.name()));
        end(again);
        end(other);
    }

    private void awaitRuntime(String id, WorkerProcess... workers) {
        for (WorkerProcess worker : workers) {
            await().alias(worker.name() + " has " + id)
                    .atMost(Field.PATIENCE)
                    .until(() -> field.runtimesOf(worker.name()).contains(id));
        }
    }

    @Tried("`kill -9` in an installation, after the catalogue's record")
    @Must("one record; the same id on both replicas; nothing staged")
    @Test
    void killedAfterTheCatalogueRecordAnInstallationIsNotDoneTwice() throws Exception {
        WorkerProcess one =
                field.worker(newName(), Map.of(), "-Dboxcar.gameday.catalogued_seconds=30");
        ObjectNode job = House.install("after", "");
        field.send(JobTopic.INSTALL, job);
        await().atMost(Field.PATIENCE).until(() -> installations("after") == 1);
        one.kill();
        WorkerProcess again = field.worker(one.name());
        JsonNode result = field.result(job);
        assertWell(result);
        assertEquals(1, installations("after"));
        WorkerProcess other = field.worker(newName());
        awaitRuntime(result.path("runtime_id").asText(), again, other);
        assertEquals(List.of(), staged(one.name()));
        end(again);
        end(other);
    }

    private long installations(String name) {
        return field.client.catalogue().stream()
                .filter(record -> name.equals(record.key()))
                .count();
    }

    private List<String> staged(String name) throws Exception {
        try (var entries = Files.list(field.state(name).resolve("staging"))) {
            return entries.map(Path::toString).toList();
        }
    }

    @Tried(
            "The broker stopped, and killed, for 18 s while a job of 25 s runs, and one of 6 s runs and"
                    + " ends; the lock is 15 s")
    @Must("one result of the first; one outcome of the second, however often it is told")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBrokerThatIsAwayForLongerThanTheLockLosesNothing(boolean killed) throws Exception {
        WorkerProcess one = field.worker(newName());
        WorkerProcess two = field.worker(newName());
        ObjectNode job = House.sh("sleep 25; echo done");
        job.putObject("run_limits").put("wall_time", 50);
        ObjectNode brief = House.sh("sleep 6; echo done");
        brief.putObject("run_limits").put("wall_time", 20);
        field.send(JobTopic.EXECUTE, job);
        field.send(JobTopic.EXECUTE, brief);
        await().atMost(Field.PATIENCE)
                .until(() ->
                        Field.count(one, "runs, delivery") + Field.count(two, "runs, delivery")
                                > 1);
        if (killed) {
            field.killBroker();
        } else {
            field.stopBroker();
        }
        await().atMost(Field.PATIENCE)
                .during(LONGER_THAN_THE_LOCK)
                .until(() -> Field.ready(one) == 503 && Field.ready(two) == 503);
        field.startBroker();
        assertWell(field.result(brief));
        assertWell(field.result(job));
        end(one);
        end(two);
        assertEquals(1, field.results(job).size());
        for (JsonNode told : field.results(brief)) {
            assertWell(told);
        }
    }

    @Tried("isolate replaced by a program that fails")
    @Must("/ready 503; another worker does the jobs; 200 again once it is mended")
    @Test
    void aBrokenSandboxOpensTheCircuitAndItsHealthCheckClosesItAgain() throws Exception {
        Path engine = field.folder.resolve("isolate");
        write(engine, "exec isolate \"$@\"");
        WorkerProcess broken =
                field.worker(
                        newName(),
                        Map.of("BOXCAR_SANDBOX", "isolate", "BOXCAR_SANDBOX_ISOLATE", "" + engine));
        write(engine, "echo broken >&2; exit 2");
        List<ObjectNode> jobs =
                List.of(House.sh("echo 1"), House.sh("echo 2"), House.sh("echo 3"), House.sh(""));
        for (ObjectNode job : jobs) {
            field.send(JobTopic.EXECUTE, job);
        }
        await().atMost(Field.PATIENCE).until(() -> Field.ready(broken) == 503);
        assertEquals("the sandbox failed several times in a row\n", Field.whyNotReady(broken));
        WorkerProcess other = field.worker(newName());
        for (ObjectNode job : jobs) {
            assertWell(field.result(job));
        }
        write(engine, "exec isolate \"$@\"");
        await().atMost(Field.PATIENCE).until(() -> Field.ready(broken) == 200);
        end(other);
        assertWell(field.run(JobTopic.EXECUTE, House.sh("echo again")));
        end(broken);
    }

    private static void write(Path engine, String command) throws Exception {
        Path fresh = engine.resolveSibling("fresh");
        Files.writeString(fresh, "#!/bin/sh\n" + command + "\n");
        assertTrue(fresh.toFile().setExecutable(true, false));
        Files.move(fresh, engine, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    @Tried("The SQLite file deleted, and overwritten, between runs")
    @Must("made anew from the catalogue")
    @ParameterizedTest
    @ValueSource(strings = {"deleted", "corrupted"})
    void anSqliteFileThatIsLostIsMadeAnewFromTheCatalogue(String how) throws Exception {
        String name = newName();
        end(field.worker(name));
        try (var entries = Files.list(field.state(name))) {
            for (Path file : entries.filter(e -> e.toString().contains(".sqlite")).toList()) {
                Files.delete(file);
                if (how.equals("corrupted")) {
                    Files.writeString(file, "this is no database ".repeat(500));
                }
            }
        }
        WorkerProcess again = field.worker(name);
        assertWell(field.run(JobTopic.EXECUTE, House.sh("echo done")));
        String said =
                how.equals("corrupted")
                        ? "it was set aside as"
                        : "is not there; it is made, and filled from the catalogue's log";
        assertEquals(1, Field.count(again, said), () -> Field.log(again));
        end(again);
    }
}
