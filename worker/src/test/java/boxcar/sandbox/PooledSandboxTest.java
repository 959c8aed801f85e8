package boxcar.sandbox;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import boxcar.files.Owner;
import boxcar.job.Cancellation;
import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Ending.Exited;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.job.Usage;
import boxcar.sandbox.SandboxSettings.Choice;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of boxes that a stage has spoilt, on an engine that only remembers. */
class PooledSandboxTest {
    private static final int FIRST = 940;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    private final Remembering engine = new Remembering();

    @SuppressWarnings("NullAway.Init")
    private PooledSandbox sandbox;

    @BeforeEach
    void twoBoxes() throws Exception {
        Path locks = home.resolve("locks");
        var settings =
                new SandboxSettings(
                        Choice.RUNC, "isolate", "runc", FIRST, FIRST + 1, 2, locks, 4096);
        Claims claims = Claims.take(settings.resolved());
        sandbox =
                new PooledSandbox(
                        engine,
                        new PooledSandbox.Claimed(
                                claims,
                                0,
                                new Disks(locks, FIRST, 4096),
                                BoxEtc.make(
                                        Path.of("/etc"),
                                        Disks.folder(locks, FIRST),
                                        settings.etc()),
                                AbandonedBoxes.sweepBy(engine, settings)),
                        Telemetry.NONE);
    }

    @AfterEach
    void close() {
        sandbox.close();
    }

    private Ending run(String command) throws Fault, InterruptedException {
        return sandbox.run(Given.command(home, command).stage(), new Cancellation());
    }

    private void spoil() {
        assertEquals("spoilt", assertThrows(Fault.class, () -> run("/spoils")).getMessage());
    }

    @Test
    void aBoxThatCannotBeSweptIsLentToNobodyUntilItCan() throws Exception {
        spoil();
        assertEquals(new Sandbox.Boxes(1, 0, 1), sandbox.boxes());
        for (int i = 0; i < 4; i++) {
            assertEquals(new Exited(0), run("/innocent").how());
        }
        assertEquals(1, Set.copyOf(engine.used).size(), "the other box alone");

        engine.spoilt.clear();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> sandbox.boxes().equals(new Sandbox.Boxes(2, 0, 0)));
    }

    @Test
    void whereAllAreSpoiltAStageFailsAtOnce() {
        spoil();
        spoil();
        assertEquals(new Sandbox.Boxes(0, 0, 2), sandbox.boxes());
        Fault fault = assertThrows(Fault.class, () -> run("/innocent"));
        assertEquals("box", fault.step());
        assertEquals(
                "none of the boxes [940, 941] can be used; each is swept again from time to time",
                fault.getMessage());
    }

    private static final class Remembering implements BoxEngine {
        final Set<Integer> spoilt = ConcurrentHashMap.newKeySet();
        final List<Integer> used = new CopyOnWriteArrayList<>();

        @Override
        public Sandbox.Engine engine() {
            return new Sandbox.Engine("remembering", "1", "none", Sandbox.MemoryLimit.GROUP);
        }

        @Override
        public Owner owner(int box) {
            return new Owner(0, 0);
        }

        @Override
        public void ready(int box) throws Fault {
            if (spoilt.contains(box)) {
                throw Faults.box("box " + box + " is spoilt");
            }
        }

        @Override
        public Ending run(int box, Stage stage, Stop stop) throws Fault {
            if (stage.command().contains("/spoils")) {
                spoilt.add(box);
                throw Faults.sandbox("spoilt");
            }
            used.add(box);
            var nothing = Usage.UNKNOWN;
            return new Ending(
                    new Exited(0), nothing, Captured.NOTHING, Captured.NOTHING, null, null);
        }

        @Override
        public String trace() {
            return "remembered";
        }

        @Override
        public void leave(int box) {}

        @Override
        public void close() {}
    }
}
