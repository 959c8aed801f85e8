package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.intake.JobTopic;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Whatever dies, a job gets its one outcome: the quick half; the rest is {@link FaultsInFullTest}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsTest {
    @SuppressWarnings("NullAway.Init")
    private Field field;

    @BeforeAll
    void aBrokerAndARuntime() throws Exception {
        field = Field.open();
        WorkerProcess first = field.worker("first");
        JsonNode installed = field.run(JobTopic.INSTALL, House.install("sh", ""));
        assertEquals("SUCCEEDED", installed.path("outcome").asText(), installed::toString);
        first.terminate();
        assertEquals(0, first.awaitExit(180));
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    /** A job of so many seconds, within its limits. */
    private static ObjectNode lasting(int seconds) {
        ObjectNode job = House.sh("sleep " + seconds);
        job.putObject("run_limits").put("wall_time", seconds + 30);
        return job;
    }

    @Tried("`kill -9` of a worker while a program runs")
    @Must("another worker answers")
    @Test
    void aWorkerThatIsKilledWhileAProgramRunsLeavesTheJobToAnother() throws Exception {
        WorkerProcess one = field.worker("killed");
        ObjectNode job = House.sh("sleep 2; echo done");
        int lent = Field.count(one, "lent");
        field.send(JobTopic.EXECUTE, job);
        Field.awaitLog(one, "lent", lent + 1);
        one.kill();
        WorkerProcess other = field.worker("survivor");
        JsonNode result = field.result(job);
        assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
        assertEquals("survivor", result.path("replica").asText());
        // A delivery to a slot that is just closing counts, too.
        assertTrue(result.path("delivery").asInt() >= 2, result::toString);
        other.terminate();
        assertEquals(0, other.awaitExit(180));
    }

    @Tried("SIGTERM while a program runs")
    @Must("it ends, its result is out, exit 0")
    @Test
    void aTerminatedWorkerFinishesWhatRunsTakesNothingMoreAndExitsWell() throws Exception {
        WorkerProcess worker = field.worker("terminated", Map.of("BOXCAR_SLOTS_EXTRA", "0"));
        ObjectNode running = House.sh("sleep 2; echo done");
        int lent = Field.count(worker, "lent");
        field.send(JobTopic.EXECUTE, running);
        Field.awaitLog(worker, "lent", lent + 1);
        worker.terminate();
        Field.awaitLog(worker, "stopping: running jobs may take 30 s", 1);
        assertEquals(0, worker.awaitExit(180));
        assertEquals("SUCCEEDED", field.result(running).path("outcome").asText());
        assertEquals("terminated", field.result(running).path("replica").asText());
    }

    @Tried("SIGTERM while two programs run for longer than `jobs.grace_seconds`")
    @Must("exit 0 after it, with no result; another worker answers, one result each")
    @Tag("long")
    @Test
    void whatOutlastsTheGraceIsGivenBackAndDoneByAnother() throws Exception {
        WorkerProcess worker = field.worker("impatient", Map.of("BOXCAR_JOBS_GRACE_SECONDS", "2"));
        List<ObjectNode> jobs = List.of(lasting(20), lasting(20));
        int lent = Field.count(worker, "lent");
        for (ObjectNode job : jobs) {
            field.send(JobTopic.EXECUTE, job);
        }
        Field.awaitLog(worker, "lent", lent + 2);
        worker.terminate();
        assertEquals(0, worker.awaitExit(180), () -> Field.log(worker));
        Field.awaitLog(worker, "stopping: running jobs may take 2 s", 1);
        Field.awaitLog(worker, "Stopping 2 jobs that are still running", 1);
        for (ObjectNode job : jobs) {
            assertEquals(List.of(), field.results(job));
        }
        WorkerProcess other = field.worker("patient");
        for (ObjectNode job : jobs) {
            JsonNode result = field.result(job);
            assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
            assertEquals("patient", result.path("replica").asText());
            assertEquals(1, field.results(job).size());
        }
        other.terminate();
        assertEquals(0, other.awaitExit(180));
    }

    @Tried("A second SIGTERM")
    @Must("gone before the program would have ended; the job is done by another; exit 0")
    @Tag("long")
    @Test
    void aSecondSignalGivesBackAtOnceWhatRuns() throws Exception {
        WorkerProcess worker = field.worker("hurried");
        ObjectNode job = lasting(8);
        int lent = Field.count(worker, "lent");
        field.send(JobTopic.EXECUTE, job);
        Field.awaitLog(worker, "lent", lent + 1);
        worker.terminate();
        Field.awaitLog(worker, "stopping: running jobs", 1);
        worker.terminate();
        assertEquals(0, worker.awaitExit(180));
        // Had it waited for the program, which the grace allows, it would have told of it.
        Field.awaitLog(worker, "Stopping 1 jobs that are still running", 1);
        assertEquals(List.of(), field.results(job));
        WorkerProcess next = field.worker("next");
        JsonNode result = field.result(job);
        assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
        assertEquals("next", result.path("replica").asText());
        assertEquals(1, field.results(job).size());
        next.terminate();
        assertEquals(0, next.awaitExit(180));
    }

    @Tried("SIGTERM while a worker starts")
    @Must("exit 0, boxes cleaned up")
    @Tag("long")
    @Test
    void aWorkerThatIsTerminatedWhileItStartsCleansUpToo() throws Exception {
        WorkerProcess worker = field.starting("young", Map.of());
        Field.awaitLog(worker, "sandbox: ", 1);
        worker.terminate();
        assertEquals(0, worker.awaitExit(180));
        assertTrue(Field.log(worker).contains("stopped"), () -> Field.log(worker));
    }

    @Tried("Too little room on the disk of the state folder")
    @Must("/ready 503 with the reason, 200 again when there is room")
    @Tag("long")
    @Test
    void aReplicaWithoutRoomOnItsDiskTakesNothingUntilThereIsSome() throws Exception {
        SmallDisk disk = new SmallDisk(field.state("full"), 64);
        try {
            WorkerProcess worker = field.worker("full", Map.of("BOXCAR_DISK_FREE_MIB", "24"));
            disk.fill(50);
            await().atMost(Field.PATIENCE).until(() -> Field.ready(worker) == 503);
            assertEquals("the disk of the state folder is full\n", Field.whyNotReady(worker));
            disk.free();
            await().atMost(Field.PATIENCE).until(() -> Field.ready(worker) == 200);
            JsonNode result = field.run(JobTopic.EXECUTE, House.sh("echo done"));
            assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
            worker.terminate();
            assertEquals(0, worker.awaitExit(180));
        } finally {
            disk.unmount();
        }
    }
}
