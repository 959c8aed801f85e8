package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.intake.JobTopic;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A disk that fills under a real worker while it does what it does, and a file damaged under it.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiskFaultsTest {
    private static final int A_BACKLOG = 40;
    private static final int MOST_JOBS = 10 * A_BACKLOG;

    @SuppressWarnings("NullAway.Init")
    private Field field;

    private int names;

    @BeforeAll
    void aBrokerAndARuntime() throws Exception {
        field = Field.open();
        WorkerProcess first = field.worker("first");
        assertWell(field.run(JobTopic.INSTALL, House.install("sh", "")));
        end(first);
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    private static void assertWell(JsonNode result) {
        assertEquals("SUCCEEDED", result.path("outcome").asText(), result::toString);
    }

    private static void end(WorkerProcess worker) throws Exception {
        worker.terminate();
        assertEquals(0, worker.awaitExit(180), () -> Field.log(worker));
    }

    @FunctionalInterface
    private interface Work {
        void on(SmallDisk disk, WorkerProcess worker) throws Exception;
    }

    /** A worker whose state folder is a small disk of which any room will do. */
    private void onASmallDisk(Work work) throws Exception {
        String name = "small-" + names++;
        SmallDisk disk = new SmallDisk(field.state(name), 48);
        try {
            WorkerProcess worker = field.worker(name, Map.of("BOXCAR_DISK_FREE_MIB", "0"));
            try {
                work.on(disk, worker);
                end(worker);
            } finally {
                worker.kill();
            }
        } finally {
            disk.unmount();
        }
    }

    private static void awaitReady(WorkerProcess worker, int status) {
        await().atMost(Field.PATIENCE).until(() -> Field.ready(worker) == status);
    }

    @Tried("The disk of the state folder fills while a program runs and writes 10 MB of its own")
    @Must(
            "/ready 503 with the reason; 200 when there is room, and then, if not before, its verdict; the next job")
    @Test
    void aProgramThatRunsWhileTheDiskFillsIsNotBlamed() throws Exception {
        onASmallDisk((disk, worker) -> {
            ObjectNode job =
                    House.sh("sleep 2; head -c 10000000 /dev/zero > big && sleep 1 && echo done");
            int lent = Field.count(worker, "lent");
            field.send(JobTopic.EXECUTE, job);
            Field.awaitLog(worker, "lent", lent + 1);
            disk.fill(60);
            awaitReady(worker, 503);
            assertEquals("the disk of the state folder is full\n", Field.whyNotReady(worker));
            disk.free();
            awaitReady(worker, 200);
            assertWell(field.result(job));
            assertWell(field.run(JobTopic.EXECUTE, House.sh("echo next")));
        });
    }

    @Tried(
            "The disk of the state folder fills under a stream of jobs whose results SQLite keeps, and is freed")
    @Must("a result is not remembered; each job has one outcome, and it is SUCCEEDED")
    @Test
    void aDiskThatFillsUnderAStreamOfJobsFailsNone() throws Exception {
        onASmallDisk((disk, worker) -> {
            List<ObjectNode> jobs = new ArrayList<>();
            // Jobs that run may all have ended by the time that the disk is full: then once more.
            while (!metAFullDatabase(worker)) {
                assertTrue(jobs.size() < MOST_JOBS, () -> Field.log(worker));
                int ran = Field.count(worker, "runs, delivery");
                for (int i = 0; i < A_BACKLOG; i++) {
                    ObjectNode job = House.sh("head -c 60000 /dev/urandom | od | head -c 40000");
                    field.send(JobTopic.EXECUTE, job);
                    jobs.add(job);
                }
                Field.awaitLog(worker, "runs, delivery", ran + 1);
                disk.fill(60);
                awaitReady(worker, 503);
                disk.free();
                awaitReady(worker, 200);
            }
            assertEachHasItsOneResult(jobs);
            awaitReady(worker, 200);
        });
    }

    private void assertEachHasItsOneResult(List<ObjectNode> jobs) {
        List<String> ids = jobs.stream().map(job -> job.path("job_id").asText()).toList();
        await().atMost(Field.PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> GameDay.results(field.client).keySet().containsAll(ids));
        Map<String, List<JsonNode>> results = GameDay.results(field.client);
        for (String id : ids) {
            List<JsonNode> own = results.getOrDefault(id, List.of());
            assertEquals(1, own.size(), own::toString);
            assertWell(own.getFirst());
        }
    }

    private static boolean metAFullDatabase(WorkerProcess worker) {
        return Field.count(worker, "is answered but not in the ledger")
                        + Field.count(worker, "fault at database")
                > 0;
    }

    @Tried(
            "The disk of the state folder is full while an installation is staged and put into place")
    @Must(
            "/ready 503; no verdict for lack of room: the installation succeeds by itself when there is some")
    @Test
    void anInstallationWithoutRoomIsDoneWhenThereIsSome() throws Exception {
        onASmallDisk((disk, worker) -> {
            ObjectNode job = House.install("crowded", House.hook("sleep 4"));
            int lent = Field.count(worker, "lent");
            field.send(JobTopic.INSTALL, job);
            Field.awaitLog(worker, "lent", lent + 1);
            disk.fill(60);
            Field.awaitLog(worker, "fault at ", 1);
            String told =
                    Field.log(worker)
                            .lines()
                            .filter(line -> line.contains("fault at "))
                            .findFirst()
                            .orElseThrow();
            assertTrue(told.contains("disk"), told);
            awaitReady(worker, 503);
            assertEquals(List.of(), field.results(job));
            disk.free();
            JsonNode result = field.result(job);
            assertEquals("SUCCEEDED", result.path("outcome").asText(), () -> Field.log(worker));
            assertTrue(
                    field.runtimesOf(worker.name()).contains(result.path("runtime_id").asText()));
        });
    }

    @Tried("The SQLite file is overwritten while a worker runs")
    @Must(
            "the worker ends and says why; the next start makes the file anew from the catalogue; jobs are done")
    @Test
    void aWorkerWhoseFileIsDamagedEndsAndTheNextMakesItAnew() throws Exception {
        WorkerProcess worker = field.worker("damaged");
        Path file = field.state("damaged").resolve("boxcar.sqlite");
        for (String name : new String[] {"boxcar.sqlite-wal", "boxcar.sqlite"}) {
            Path damaged = file.resolveSibling(name);
            byte[] noise =
                    "no database "
                            .repeat((int) Files.size(damaged) / 12)
                            .getBytes(StandardCharsets.UTF_8);
            Files.write(damaged, noise, StandardOpenOption.WRITE);
        }
        // What one job writes makes the next read anew.
        ObjectNode[] jobs = {House.sh("echo 1"), House.sh("echo 2"), House.sh("echo 3")};
        for (ObjectNode job : jobs) {
            field.send(JobTopic.EXECUTE, job);
        }
        Integer exit = worker.awaitExit(180);
        assertTrue(exit != null && exit != 0, () -> Field.log(worker));
        assertTrue(Field.log(worker).contains("start the worker again"), () -> Field.log(worker));
        WorkerProcess again = field.worker("damaged");
        for (ObjectNode job : jobs) {
            assertWell(field.result(job));
        }
        assertEquals(1, Field.count(again, "it was set aside"));
        end(again);
    }
}
