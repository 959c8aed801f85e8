package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.engine.SandboxGuard;
import boxcar.engine.ScriptedSandbox;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Stage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxWatchTest {
    private static final String PAUSED = "pause: the sandbox failed several times in a row";
    private static final String RESUMED = "resume: the sandbox failed several times in a row";

    private final ScriptedSandbox sandbox = new ScriptedSandbox();
    private final List<String> said = new CopyOnWriteArrayList<>();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path state;

    private final SandboxGuard guard =
            new SandboxGuard(sandbox, 2, 1, () -> SandboxWatch.healthCheck(state));

    @SuppressWarnings("NullAway.Init")
    private SandboxWatch watch;

    private final class Listener implements SandboxWatch.Door {
        @Override
        public void pause(String reason) {
            said.add("pause: " + reason);
        }

        @Override
        public void resume(String reason) {
            said.add("resume: " + reason);
        }
    }

    @BeforeEach
    void starts() {
        watch = SandboxWatch.start(guard, new Listener(), Duration.ofMillis(20));
    }

    @AfterEach
    void ends() {
        watch.close();
    }

    private void failThrice() {
        sandbox.fails("sandbox");
        Stage stage = SandboxWatch.healthCheck(state);
        for (int i = 0; i < 3; i++) {
            assertThrows(Fault.class, () -> guard.run(stage, new Cancellation()));
        }
    }

    @Test
    void whileTheSandboxFailsNoJobsAreTakenAndItIsTriedAgainAndAgain() {
        failThrice();
        int before = sandbox.runs();
        await().until(() -> sandbox.runs() >= before + 3);
        assertEquals(List.of(PAUSED), said);
        assertTrue(guard.isOpen());
    }

    @Test
    void whenAHealthCheckEndsWellJobsAreTakenAgain() throws Exception {
        failThrice();
        sandbox.ends(new Ending.Exited(1));
        int before = sandbox.runs();
        await().until(() -> sandbox.runs() >= before + 2);
        assertEquals(List.of(PAUSED), said);
        sandbox.ends(new Ending.Exited(0));
        await().until(() -> said.size() == 2);
        assertEquals(List.of(PAUSED, RESUMED), said);
        assertFalse(guard.isOpen());
        guard.run(SandboxWatch.healthCheck(state), new Cancellation());
    }

    @Test
    void aSecondTimeIsLikeTheFirst() {
        for (int time = 1; time <= 2; time++) {
            failThrice();
            sandbox.ends(new Ending.Exited(0));
            int expected = 2 * time;
            await().until(() -> said.size() == expected);
        }
        assertEquals(List.of(PAUSED, RESUMED, PAUSED, RESUMED), said);
    }

    @Test
    void whoseCircuitOpensAgainSoonMustBeWellSeveralTimesInARow() throws Exception {
        failThrice();
        sandbox.ends(new Ending.Exited(0));
        await().until(() -> said.size() == 2);
        failThrice();
        // Well once, and then not: that is not ready.
        var turn = new AtomicInteger();
        sandbox.does(
                (_, _) -> ScriptedSandbox.ended(new Ending.Exited(turn.incrementAndGet() % 2)));
        await().until(() -> turn.get() >= 8);
        assertEquals(List.of(PAUSED, RESUMED, PAUSED), said);
        sandbox.ends(new Ending.Exited(0));
        await().until(() -> said.size() == 4);
        assertEquals(RESUMED, said.getLast());
    }

    @Test
    void withoutTroubleNothingIsRun() throws Exception {
        guard.run(SandboxWatch.healthCheck(state), new Cancellation());
        assertEquals(1, sandbox.runs());
        assertEquals(List.of(), said);
    }
}
