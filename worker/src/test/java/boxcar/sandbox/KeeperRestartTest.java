package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import boxcar.sandbox.SandboxSettings.Choice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With the real keeper of isolate's control groups, which it starts anew: only where nobody else
 * has programs in isolate's boxes. {@code ops/test/guest} is such a host.
 */
@EnabledIfEnvironmentVariable(
        named = "BOXCAR_TEST_KEEPER",
        matches = "restart",
        disabledReason = "it starts isolate.service anew, which ends what runs in isolate's boxes")
@Timeout(900)
class KeeperRestartTest {
    private Path home = Path.of("unset");
    private Sandbox sandbox = new NoSandbox();

    @BeforeEach
    void open() throws Exception {
        home = Files.createTempDirectory("keeper-test");
        sandbox =
                Sandboxes.open(
                        new SandboxSettings(
                                Choice.ISOLATE,
                                "isolate",
                                "runc",
                                940,
                                949,
                                1,
                                home.resolve("locks")));
        assertEquals("v2", sandbox.engine().cgroups());
    }

    @AfterEach
    void close() throws Exception {
        sandbox.close();
        Trees.delete(home);
    }

    /** Programs that hear SIGTERM in all the ways there are. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo on; exec sleep 3600",
                "trap 'exit 0' TERM; echo on; while :; do sleep 0.1; done",
                "trap 'exit 7' TERM; echo on; while :; do sleep 0.1; done",
                "trap 'echo bye; kill -9 $$' TERM; echo on; while :; do sleep 0.1; done",
                "(trap '' TERM; exec 2>&-; sleep 1); echo on; exec sleep 3600"
            })
    void aKeeperThatIsStartedAnewDuringAStageIsAFaultAndTheNextStageRuns(String program)
            throws Exception {
        var begun = new CountDownLatch(1);
        Stage stage = Given.sh(work(), program).listener((_, _) -> begun.countDown()).stage();
        try (var threads = Executors.newSingleThreadExecutor()) {
            Future<Ending> ending = threads.submit(() -> sandbox.run(stage, new Cancellation()));
            assertTrue(begun.await(5, TimeUnit.MINUTES));

            var restart =
                    OsProcess.run(
                            Command.tool(List.of("systemctl", "restart", "isolate.service")),
                            Duration.ofMinutes(10));
            assertTrue(restart.well(), restart.evidence());

            ExecutionException failed = assertThrows(ExecutionException.class, ending::get);
            Throwable thrown = Objects.requireNonNull(failed.getCause());
            assertEquals(Fault.class, thrown.getClass(), thrown.toString());
            assertEquals(Fault.Next.TRY_ELSEWHERE, ((Fault) thrown).next());
            assertTrue(
                    String.valueOf(thrown.getMessage())
                            .contains(
                                    "(isolate.service) was stopped or started anew while a stage"
                                            + " ran"),
                    thrown.getMessage());
        }

        Ending next = sandbox.run(Given.sh(work(), "exit 3").stage(), new Cancellation());
        assertEquals(new Ending.Exited(3), next.how(), next.toString());
    }

    private Path work() throws Exception {
        return Files.createTempDirectory(home, "work");
    }
}
