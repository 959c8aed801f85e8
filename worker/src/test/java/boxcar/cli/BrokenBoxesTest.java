package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.intake.JobTopic;
import boxcar.process.Capture;
import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Boxes that somebody spoils under a running worker, or before it comes. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokenBoxesTest {
    /**
     * Where a host has version 2 only. isolate's keeper has the groups there, and runc has ours.
     */
    private static final Path VERSION_TWO = Path.of("/sys/fs/cgroup/cgroup.controllers");

    private static final Pattern BOXES = Pattern.compile("boxes \\[([0-9, ]+)]");

    /** Of the range that other tests and workers of this host do not use. */
    private static final int FIRST = 870;

    @SuppressWarnings("NullAway.Init")
    private Field field;

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

    @Tried("The control groups of a worker's boxes cannot be written")
    @Must("/ready 503; another worker does the jobs; 200 again when they can")
    @Test
    void controlGroupsThatCannotBeWrittenOpenTheCircuitUntilTheyCan() throws Exception {
        boolean two = Files.exists(VERSION_TWO);
        Path ours = Path.of(two ? "/sys/fs/cgroup/boxcar" : "/sys/fs/cgroup/memory/boxcar");
        WorkerProcess broken =
                field.worker("broken", Map.of("BOXCAR_SANDBOX", two ? "runc" : "auto"));
        List<Path> groups = new ArrayList<>();
        Matcher boxes = BOXES.matcher(Field.log(broken));
        assumeTrue(boxes.find() && Files.isDirectory(ours), "no control groups of ours here");
        List<ObjectNode> jobs = new ArrayList<>();
        try {
            for (String box : boxes.group(1).split(", ", -1)) {
                Path group = ours.resolve("box-" + box);
                run("mount", "--bind", "" + group, "" + group);
                groups.add(group);
                run("mount", "-o", "remount,ro,bind", "" + group);
            }
            for (int i = 0; i < 4; i++) {
                jobs.add(House.sh("echo " + i));
                field.send(JobTopic.EXECUTE, jobs.getLast());
            }
            await().atMost(Field.PATIENCE).until(() -> Field.ready(broken) == 503);
            assertEquals("the sandbox failed several times in a row\n", Field.whyNotReady(broken));
            WorkerProcess other = field.worker("other");
            for (ObjectNode job : jobs) {
                assertWell(field.result(job));
            }
            end(other);
        } finally {
            for (Path group : groups) {
                run("umount", "" + group);
            }
        }
        await().atMost(Field.PATIENCE).until(() -> Field.ready(broken) == 200);
        assertWell(field.run(JobTopic.EXECUTE, House.sh("echo again")));
        end(broken);
    }

    @Tried("A box that somebody else left, with a program of theirs still in it")
    @Must("swept before it is lent; the job sees nothing of it")
    @Test
    void aBoxThatSomebodyElseLeftWithAProgramInItIsSweptFirst() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/local/bin/isolate")), "no isolate here");
        List<String> nobody =
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "isolate");
        String folder = run(with(nobody, "--box-id=" + FIRST, "--init")).out();
        Files.writeString(Path.of(folder, "box", "left"), "by somebody else");
        leaveAProgram(with(nobody, "--box-id=" + FIRST, "--run", "--", "/bin/sleep", "4242"));
        WorkerProcess worker =
                field.worker(
                        "sweeper",
                        Map.of(
                                "BOXCAR_SANDBOX", "isolate",
                                "BOXCAR_BOXES_FIRST", "" + FIRST,
                                "BOXCAR_BOXES_LAST", "" + (FIRST + 5)));
        JsonNode result = field.run(JobTopic.EXECUTE, House.sh("ls -A /box /tmp; echo seen"));
        assertWell(result);
        assertEquals("/box:\nmain.sh\n\n/tmp:\nseen\n", House.stdout(result));
        assertFalse(isRunning("sleep 4242"));
        end(worker);
        assertFalse(Files.exists(Path.of(folder)));
    }

    /** Killed outright, isolate leaves the program running. */
    private static void leaveAProgram(List<String> isolate) throws Exception {
        OsProcess keeper =
                OsProcess.start(Command.tool(isolate), Capture.quiet(100), Capture.quiet(100));
        await().atMost(Field.PATIENCE).until(() -> isRunning("sleep 4242"));
        keeper.kill();
        keeper.awaitUninterrupted();
        keeper.giveUpStreams();
        assertTrue(isRunning("sleep 4242"));
    }

    private static boolean isRunning(String arguments) throws Exception {
        return OsProcess.run(
                                Command.tool(List.of("pgrep", "-x", "-f", "/bin/" + arguments)),
                                Duration.ofSeconds(20))
                        .exit()
                == 0;
    }

    private static List<String> with(List<String> command, String... more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    private static Finished run(String... argv) throws Exception {
        return run(List.of(argv));
    }

    private static Finished run(List<String> argv) throws Exception {
        Finished finished = OsProcess.run(Command.tool(argv), Duration.ofSeconds(20));
        assertEquals(0, finished.exit(), finished::evidence);
        return finished;
    }
}
