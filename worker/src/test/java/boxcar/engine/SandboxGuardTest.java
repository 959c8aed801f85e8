package boxcar.engine;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SandboxGuardTest {
    private final ScriptedSandbox sandbox = new ScriptedSandbox();
    private Supplier<Stage> healthCheck = () -> stage(StageKind.RUN);
    private final SandboxGuard guard = new SandboxGuard(sandbox, 2, 1, () -> healthCheck.get());
    private final List<Boolean> heard = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void threadsEnd() {
        threads.shutdownNow();
    }

    private static Stage stage(StageKind kind) {
        Duration second = Duration.ofSeconds(1);
        return new Stage(
                kind,
                List.of("/bin/true"),
                Map.of(),
                Path.of("/nowhere"),
                List.of(),
                new Limits(second, second, Duration.ZERO, 1024, 1024, 64, 8, 1),
                new byte[0],
                1,
                false,
                Stage.OutputListener.NONE);
    }

    private Ending run() throws Fault, InterruptedException {
        return guard.run(stage(StageKind.RUN), new Cancellation());
    }

    private void fail(int times, String step) {
        sandbox.fails(step);
        for (int i = 0; i < times; i++) {
            assertEquals(step, assertThrows(Fault.class, this::run).step());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sandbox", "box"})
    void threeFailuresInARowOpenTheCircuitAndNothingRunsAnyMore(String step) {
        guard.onOpen(heard::add);
        fail(3, step);
        assertTrue(guard.isOpen());
        assertEquals(List.of(true), heard);
        sandbox.ends(new Ending.Exited(0));
        Fault fault = assertThrows(Fault.class, this::run);
        assertEquals("sandbox-resting", fault.step());
        assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        assertEquals(
                "the sandbox failed 3 times in a row and rests until its health check passes",
                fault.getMessage());
        assertEquals(6, sandbox.runs(), "three stages, and a health check after each");
    }

    @Test
    void whatOneStageAloneBringsAboutDoesNotOpenIt() throws Exception {
        healthCheck = () -> stage(StageKind.COMPILE);
        sandbox.does((stage, _) -> {
            if (stage.kind() == StageKind.RUN) {
                throw new Fault("sandbox", Fault.Next.TRY_ELSEWHERE, "over this one");
            }
            return ScriptedSandbox.ended(new Ending.Exited(0));
        });
        for (int i = 0; i < 6; i++) {
            assertEquals("over this one", assertThrows(Fault.class, this::run).getMessage());
        }
        assertFalse(guard.isOpen());
    }

    @Test
    void failuresThatAreNotInARowDoNotOpenIt() throws Exception {
        for (int i = 0; i < 5; i++) {
            fail(2, "sandbox");
            sandbox.ends(new Ending.Exited(0));
            assertInstanceOf(Ending.Exited.class, run().how());
        }
        assertFalse(guard.isOpen());
    }

    @Test
    void whatProgramsDoNeverOpensIt() throws Exception {
        List<Ending.How> bad =
                List.of(
                        new Ending.Exited(1),
                        new Ending.Signalled(9),
                        new Ending.CpuTimeout(),
                        new Ending.WallTimeout(),
                        new Ending.Flooded(),
                        new Ending.Cancelled());
        for (Ending.How how : bad) {
            sandbox.ends(how);
            assertEquals(how, run().how());
        }
        assertFalse(guard.isOpen());
    }

    @ParameterizedTest
    @ValueSource(strings = {"work-directory", "disk", "nix", "database"})
    void failuresOfOthersDoNotOpenIt(String step) {
        fail(6, step);
        assertFalse(guard.isOpen());
    }

    @Test
    void aHealthCheckThatEndsWellClosesTheCircuit() throws Exception {
        guard.onOpen(heard::add);
        fail(3, "sandbox");
        sandbox.ends(new Ending.Exited(0));
        assertTrue(guard.check());
        assertFalse(guard.isOpen());
        assertEquals(List.of(true, false), heard);
        assertInstanceOf(Ending.Exited.class, run().how());
    }

    @Test
    void aHealthCheckThatEndsOtherwiseLeavesItOpen() throws Exception {
        fail(3, "sandbox");
        assertFalse(guard.check(), "it fails still");
        sandbox.ends(new Ending.Exited(1));
        assertFalse(guard.check(), "/bin/true is not true");
        healthCheck =
                () -> {
                    throw new IllegalStateException("no work directory");
                };
        assertFalse(guard.check(), "it cannot be run");
        assertTrue(guard.isOpen());
    }

    @Test
    void afterTheHealthCheckThreeFailuresAreNeededAnew() throws Exception {
        fail(3, "sandbox");
        sandbox.ends(new Ending.Exited(0));
        assertTrue(guard.check());
        fail(2, "sandbox");
        assertFalse(guard.isOpen());
        fail(1, "sandbox");
        assertTrue(guard.isOpen());
    }

    @Test
    void whereNoBoxCanBeUsedTheCircuitOpensAtOnce() {
        guard.onOpen(heard::add);
        sandbox.boxes(0);
        fail(1, "box");
        assertTrue(guard.isOpen());
        assertEquals(List.of(true), heard);
    }

    @Test
    void aFaultOfAnotherStepDoesNotOpenItThough() {
        sandbox.boxes(0);
        fail(1, "disk");
        assertFalse(guard.isOpen());
    }

    @ParameterizedTest
    @CsvSource({"9, 2, 2", "3, 2, 1", "2, 1, 1", "1, 1, 1"})
    void withFewerBoxesThanWishedForThereAreFewerPlaces(int boxes, int executions, int installs)
            throws Exception {
        sandbox.boxes(boxes);
        SandboxGuard sharing = SandboxGuard.sharing(sandbox, 2, 2, () -> stage(StageKind.RUN));
        CountDownLatch leave = new CountDownLatch(1);
        var installing = new AtomicInteger();
        var executing = new AtomicInteger();
        sandbox.does((stage, _) -> {
            (stage.kind() == StageKind.INSTALL ? installing : executing).incrementAndGet();
            leave.await();
            return ScriptedSandbox.ended(new Ending.Exited(0));
        });
        for (StageKind kind : List.of(StageKind.INSTALL, StageKind.RUN)) {
            for (int i = 0; i < 4; i++) {
                Future<?> _ = threads.submit(() -> sharing.run(stage(kind), new Cancellation()));
            }
        }
        await().until(() -> executing.get() == executions && installing.get() == installs);
        await().during(Duration.ofMillis(100))
                .until(() -> executing.get() == executions && installing.get() == installs);
        leave.countDown();
    }

    @Test
    void anInterruptIsNoFailureAndGivesThePlaceBack() throws Exception {
        sandbox.does((_, _) -> {
            throw new InterruptedException("as told");
        });
        for (int i = 0; i < 5; i++) {
            assertThrows(InterruptedException.class, this::run);
        }
        assertFalse(guard.isOpen());
        sandbox.ends(new Ending.Exited(0));
        assertInstanceOf(Ending.Exited.class, run().how());
    }

    /** Fills the places of a kind. */
    private CountDownLatch occupy(StageKind kind, int places) {
        CountDownLatch leave = new CountDownLatch(1);
        int before = sandbox.runs();
        sandbox.does((_, _) -> {
            leave.await();
            return ScriptedSandbox.ended(new Ending.Exited(0));
        });
        for (int i = 0; i < places; i++) {
            Future<?> _ = threads.submit(() -> guard.run(stage(kind), new Cancellation()));
        }
        await().until(() -> sandbox.runs() == before + places);
        return leave;
    }

    @Test
    void installationsTakeNoPlaceOfExecutionsNorTheOtherWayRound() throws Exception {
        CountDownLatch installed = occupy(StageKind.INSTALL, 1);
        sandbox.ends(new Ending.Exited(0));
        assertInstanceOf(Ending.Exited.class, run().how());
        CountDownLatch executed = occupy(StageKind.COMPILE, 2);
        sandbox.ends(new Ending.Exited(0));
        installed.countDown();
        assertInstanceOf(
                Ending.Exited.class, guard.run(stage(StageKind.INSTALL), new Cancellation()).how());
        executed.countDown();
    }

    @Test
    void aStageThatIsCancelledWhileItWaitsForAPlaceDoesNotRun() throws Exception {
        CountDownLatch leave = occupy(StageKind.RUN, 2);
        Cancellation cancellation = new Cancellation();
        Future<Ending> waiting =
                threads.submit(() -> guard.run(stage(StageKind.RUN), cancellation));
        cancellation.cancel();
        assertInstanceOf(Ending.Cancelled.class, waiting.get(120, TimeUnit.SECONDS).how());
        assertEquals(2, sandbox.runs());
        leave.countDown();
    }

    @Test
    void whoIsInterruptedWhileItWaitsForAPlaceIsToldSo() throws Exception {
        CountDownLatch leave = occupy(StageKind.RUN, 2);
        Thread waiter =
                Thread.ofVirtual()
                        .unstarted(() -> assertThrows(InterruptedException.class, this::run));
        List<Throwable> wrong = new CopyOnWriteArrayList<>();
        waiter.setUncaughtExceptionHandler((_, e) -> wrong.add(e));
        waiter.start();
        await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
        waiter.interrupt();
        assertTrue(waiter.join(Duration.ofSeconds(10)));
        assertEquals(List.of(), wrong);
        assertEquals(2, sandbox.runs());
        leave.countDown();
    }

    @Test
    void aFailureGivesThePlaceBack() throws Exception {
        sandbox.fails("disk");
        for (int i = 0; i < 5; i++) {
            assertThrows(Fault.class, this::run);
        }
        sandbox.ends(new Ending.Exited(0));
        assertInstanceOf(
                Ending.Exited.class, threads.submit(this::run).get(120, TimeUnit.SECONDS).how());
    }
}
