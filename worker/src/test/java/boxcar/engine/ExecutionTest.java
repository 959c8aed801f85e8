package boxcar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.Job.Expected;
import boxcar.job.Job.MatchMode;
import boxcar.job.JobResult;
import boxcar.job.JobResult.Outcome;
import boxcar.job.JobResult.TestResult;
import boxcar.job.Progress;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a job, whatever its stages do. */
class ExecutionTest {
    private static final int RESULT_KIB = 1024;
    private static final int KEPT_KIB = 64;

    @TempDir Path home;
    private final Cancellation cancellation = new Cancellation();
    private ScriptedSandbox sandbox = new ScriptedSandbox();

    @BeforeEach
    void open() throws IOException {
        sandbox = new ScriptedSandbox(Files.createDirectory(home.resolve("disks")));
    }

    private JobResult run(List<Job.Test> tests, String... outputFiles) throws Exception {
        var settings =
                new EngineSettings(
                        home.resolve("work"),
                        KEPT_KIB,
                        64,
                        RESULT_KIB,
                        HostileJobTest.LIMITS,
                        HostileJobTest.LIMITS,
                        Set.of(),
                        InstantSource.system());
        var engine =
                new Engine(
                        settings,
                        sandbox,
                        new HostileJobTest.OneRuntime(home),
                        new HostileJobTest.OneEntry(),
                        new HostileJobTest.EmptyLog(),
                        Telemetry.NONE);
        var job =
                new Job.Execute(
                        "job",
                        "digest",
                        new Job.RuntimeRef.ById(0),
                        new Job.Sources("source".getBytes(UTF_8), List.of()),
                        new byte[0],
                        List.of(),
                        Map.of(),
                        HostileJobTest.LIMITS,
                        HostileJobTest.LIMITS,
                        tests,
                        List.of(outputFiles),
                        null);
        return engine.run(job, Progress.NONE, cancellation);
    }

    /** A test whose only argument is its id. */
    private static Job.Test test(String id, @Nullable String expected) {
        return new Job.Test(
                id,
                new byte[0],
                List.of(id),
                expected == null
                        ? null
                        : new Expected(expected.getBytes(UTF_8), MatchMode.TRAILING_SPACE));
    }

    /** What a run does; a compile stage ends well. */
    private void runsDo(ScriptedSandbox.Act act) {
        sandbox.does((stage, cancel) ->
                stage.kind() == StageKind.COMPILE
                        ? ScriptedSandbox.ended(new Ending.Exited(0))
                        : act.run(stage, cancel));
    }

    private static String id(Stage stage) {
        return stage.command().getLast();
    }

    /** Prints as an engine has it: heard in full, kept in part. */
    private static Ending prints(Stage stage, byte[] stdout, byte[] stderr) {
        stage.listener().printedToStdout(stdout, stdout.length);
        stage.listener().printed(stderr, stderr.length);
        Ending well = ScriptedSandbox.ended(new Ending.Exited(0));
        return new Ending(
                well.how(),
                well.usage(),
                new Captured(stdout, false).cut(stage.outputCapKib() * 1024),
                new Captured(stderr, false).cut(stage.outputCapKib() * 1024),
                null,
                null);
    }

    private static List<Verdict> verdicts(JobResult result) {
        return result.tests().stream().map(TestResult::verdict).toList();
    }

    @Test
    void aJobThatIsCancelledInATestAfterAFailedOneIsCancelled() throws Exception {
        runsDo((stage, _) -> {
            if (id(stage).equals("b")) {
                cancellation.cancel();
                return Ending.cancelled("Cancelled");
            }
            return prints(stage, "no".getBytes(UTF_8), new byte[0]);
        });

        JobResult result = run(List.of(test("a", "yes"), test("b", "yes"), test("c", "yes")));

        assertEquals(Verdict.CANCELLED, result.verdict());
        assertEquals(Outcome.CANCELLED, result.outcome());
        assertEquals(
                List.of(Verdict.WRONG_ANSWER, Verdict.CANCELLED, Verdict.CANCELLED),
                verdicts(result));
    }

    @Test
    void aJobThatIsCancelledBetweenTestsAfterAFailedOneIsCancelled() throws Exception {
        runsDo((stage, _) -> {
            cancellation.cancel();
            return prints(stage, "no".getBytes(UTF_8), new byte[0]);
        });

        JobResult result = run(List.of(test("a", "yes"), test("b", "yes")));

        assertEquals(Outcome.CANCELLED, result.outcome());
        assertEquals(List.of(Verdict.WRONG_ANSWER, Verdict.CANCELLED), verdicts(result));
        assertEquals(null, result.tests().getLast().run());
    }

    @Test
    void aCancelThatComesAfterTheLastTestChangesNothing() throws Exception {
        runsDo((stage, _) -> {
            cancellation.cancel();
            return prints(stage, "no".getBytes(UTF_8), new byte[0]);
        });

        JobResult result = run(List.of(test("a", "yes")));

        assertEquals(Verdict.WRONG_ANSWER, result.verdict());
        assertEquals(Outcome.FAILED, result.outcome());
    }

    @Test
    void aJobThatIsCancelledBetweenCompileAndRunIsCancelled() throws Exception {
        sandbox.does((_, cancel) -> {
            if (cancel.isCancelled()) {
                return Ending.cancelled("Cancelled before it had a box");
            }
            cancellation.cancel();
            return ScriptedSandbox.ended(new Ending.Exited(0));
        });

        assertEquals(Outcome.CANCELLED, run(List.of()).outcome());
    }

    @Test
    void aFaultInATestAfterAFailedOneIsAFault() {
        runsDo((stage, _) -> {
            if (id(stage).equals("b")) {
                throw new Fault("sandbox", Fault.Next.TRY_ELSEWHERE, "as told");
            }
            return prints(stage, "no".getBytes(UTF_8), new byte[0]);
        });

        Fault fault =
                assertThrows(Fault.class, () -> run(List.of(test("a", "yes"), test("b", null))));

        assertEquals("as told", fault.getMessage());
    }

    @Test
    void aFailureToCopyAWorkDirectoryIsAFaultAndNoVerdict() {
        sandbox.does((stage, _) -> {
            delete(stage.workDirectory());
            return ScriptedSandbox.ended(new Ending.Exited(0));
        });

        Fault fault = assertThrows(Fault.class, () -> run(List.of(test("a", null))));

        assertEquals("work-directory", fault.step());
        assertTrue(
                String.valueOf(fault.getMessage()).startsWith("cannot copy a work directory"),
                fault.getMessage());
    }

    private static void delete(Path folder) throws Fault {
        try {
            Trees.delete(folder);
        } catch (IOException e) {
            throw new Fault("test", Fault.Next.GIVE_UP, "cannot delete", e);
        }
    }

    @Test
    void allThatIsPrintedIsComparedHoweverLittleIsKept() throws Exception {
        String right = "0123456789\n".repeat(100_000);
        runsDo((stage, _) ->
                prints(
                        stage,
                        (id(stage).equals("right") ? right : right.stripTrailing() + "x")
                                .getBytes(UTF_8),
                        new byte[0]));

        JobResult result = run(List.of(test("right", right), test("wrong", right)));

        assertEquals(List.of(Verdict.OK, Verdict.WRONG_ANSWER), verdicts(result));
        for (TestResult test : result.tests()) {
            Captured stdout = Objects.requireNonNull(test.run()).ending().stdout();
            assertEquals(KEPT_KIB * 1024, stdout.bytes().length);
            assertTrue(stdout.truncated());
        }
    }

    @Test
    void theOutputsOfAllTestsTogetherAreBounded() throws Exception {
        byte[] much = "x".repeat(KEPT_KIB * 1024).getBytes(UTF_8);
        runsDo((stage, _) ->
                id(stage).equals("500")
                        ? prints(stage, "short".getBytes(UTF_8), new byte[0])
                        : prints(stage, much, much));
        List<Job.Test> tests = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            tests.add(test(Integer.toString(i), null));
        }

        JobResult result = run(tests);

        List<Captured> outputs =
                result.tests().stream()
                        .map(test -> Objects.requireNonNull(test.run()).ending())
                        .<Captured>mapMulti((ending, to) -> {
                            to.accept(ending.stdout());
                            to.accept(ending.stderr());
                        })
                        .toList();
        long kept = outputs.stream().mapToLong(output -> output.bytes().length).sum();
        assertTrue(kept > RESULT_KIB * 1024 * 3 / 4, kept + " bytes");
        assertTrue(kept <= RESULT_KIB * 1024 * 5 / 4, kept + " bytes");
        assertEquals(1998, outputs.stream().filter(Captured::truncated).count());
        assertEquals("short", new String(outputs.get(1000).bytes(), UTF_8));
        assertEquals(Verdict.OK, result.verdict());
    }

    @Test
    void outputFilesAreThoseOfTheLastTestThatRan() throws Exception {
        runsDo((stage, _) -> {
            try {
                Files.writeString(stage.workDirectory().resolve("out"), id(stage));
            } catch (IOException e) {
                throw new Fault("test", Fault.Next.GIVE_UP, "cannot write", e);
            }
            if (id(stage).equals("b")) {
                cancellation.cancel();
            }
            return ScriptedSandbox.ended(new Ending.Exited(id(stage).equals("b") ? 1 : 0));
        });

        JobResult result = run(List.of(test("a", null), test("b", null), test("c", null)), "out");

        assertEquals("b", new String(result.outputFiles().getFirst().content(), UTF_8));
        assertEquals(Map.of(), result.missingOutputFiles());
    }

    @Test
    void outputFilesOfAProgramThatDidNotRunAreToldAsMissing() throws Exception {
        sandbox.ends(new Ending.Exited(1));

        JobResult result = run(List.of(), "a", "b");

        assertEquals(Verdict.COMPILE_ERROR, result.verdict());
        assertEquals(
                Map.of("a", "the program did not run", "b", "the program did not run"),
                result.missingOutputFiles());
        assertFalse(result.outputFiles().iterator().hasNext());
    }
}
