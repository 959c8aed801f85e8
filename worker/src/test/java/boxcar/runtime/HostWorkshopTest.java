package boxcar.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Cancellation;
import boxcar.job.Captured;
import boxcar.job.Catalogue.LogIdentity;
import boxcar.job.CatalogueRecord;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime.State;
import boxcar.job.Limits;
import boxcar.job.Progress;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Usage;
import boxcar.job.Workshop.Built;
import boxcar.job.Workshop.Staged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a host makes the runtimes of the catalogue, and tries again what it could not make. */
class HostWorkshopTest {
    private static final Limits LIMITS =
            new Limits(Duration.ofSeconds(9), Duration.ofSeconds(9), Duration.ZERO, 9, 9, 9, 9, 9);

    @TempDir Path folder;

    private final BreakableSandbox sandbox = new BreakableSandbox();

    @SuppressWarnings("NullAway.Init")
    private Database database;

    @SuppressWarnings("NullAway.Init")
    private SqlCatalogue catalogue;

    @SuppressWarnings("NullAway.Init")
    private HostWorkshop workshop;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/nix-shell")), "no Nix here");
        database = Database.open(folder.resolve("boxcar.sqlite"));
        catalogue = new SqlCatalogue(database);
        catalogue.position(new LogIdentity("cluster", "topic"));
        workshop = workshop(Duration.ofSeconds(5));
        sandbox.folder = folder;
    }

    private HostWorkshop workshop(Duration firstPause) throws Exception {
        return new HostWorkshop(
                new RuntimeSettings(
                        folder, Map.of(), false, 1, Duration.ofDays(1), InstantSource.system()),
                catalogue,
                sandbox,
                firstPause);
    }

    @AfterEach
    void close() {
        if (workshop != null) {
            workshop.close();
            database.close();
        }
    }

    private static RuntimeDefinition definition() {
        return new RuntimeDefinition("x", "main.x", "{}", null, "run it", LIMITS);
    }

    private void install() throws Exception {
        catalogue.follow(
                7, new CatalogueRecord.Installed(definition(), "digest", "job", Instant.EPOCH));
    }

    private State state() {
        return catalogue.find(7).orElseThrow().state();
    }

    @Test
    void whatCannotBeMadeIsToldToWhoWantsIt() throws Exception {
        sandbox.broken = true;

        install();

        Fault fault = assertThrows(Fault.class, () -> workshop.borrow(7));
        assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        assertTrue(
                String.valueOf(fault.getMessage()).contains("no room in the box"),
                String.valueOf(fault.getMessage()));
        await().until(() -> state() == State.BROKEN);
    }

    @Test
    void whatCouldNotBeMadeIsMadeByItselfLater() throws Exception {
        sandbox.broken = true;
        install();
        await().until(() -> state() == State.BROKEN);

        sandbox.broken = false;

        await().atMost(Duration.ofSeconds(90)).until(() -> state() == State.READY);
        assertEquals("b", workshop.borrow(7).home().environment().get("A"));
        assertEquals(2, sandbox.runs.get());
    }

    @Test
    void whatCouldNotBeMadeIsTriedAtOnceWhenItIsAskedFor() throws Exception {
        workshop.close();
        // By itself it would come to it long after this test has failed.
        workshop = workshop(Duration.ofHours(1));
        sandbox.broken = true;
        install();
        await().until(() -> state() == State.BROKEN);

        sandbox.broken = false;
        await().until(() -> {
            workshop.tryAgain();
            return state() == State.READY;
        });
    }

    @Test
    void whatIsRemovedIsNotTriedAgain() throws Exception {
        sandbox.broken = true;
        install();
        await().until(() -> state() == State.BROKEN);
        int before = sandbox.runs.get();

        catalogue.follow(8, new CatalogueRecord.Removed(7, "x", "remover"));
        sandbox.broken = false;
        workshop.tryAgain();

        Fault fault = assertThrows(Fault.class, () -> workshop.borrow(7));
        assertEquals(Fault.Next.RETRY_HERE, fault.next());
        assertEquals(before, sandbox.runs.get());
    }

    private Staged staged() throws Exception {
        Built built = workshop.build(definition(), Progress.NONE, new Cancellation());
        return Objects.requireNonNull(built.staged(), "nothing was made");
    }

    @Test
    void whatTheCatalogueTookIsNotDiscardedByWhoOfferedIt() throws Exception {
        Staged staged = staged();
        staged.offer("job");

        install();
        staged.close();

        Path home = workshop.borrow(7).home().folder();
        assertEquals(folder.resolve("runtimes/7"), home);
        assertTrue(Files.isExecutable(home.resolve("run")), "it was discarded");
        assertEquals(1, sandbox.runs.get());
    }

    @Test
    void whatWasDiscardedBeforeTheCatalogueHasItIsMadeAnew() throws Exception {
        Staged staged = staged();
        Path before = staged.home().folder();
        staged.offer("job");
        staged.close();

        install();

        assertTrue(Files.isExecutable(workshop.borrow(7).home().folder().resolve("run")));
        assertFalse(Files.exists(before));
        assertEquals(2, sandbox.runs.get());
    }

    @Test
    void theStateFolderIsForItsOwnerAloneAlsoIfItWasThere() throws Exception {
        Path state = Files.createDirectory(folder.resolve("state"));
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-xr-x"));

        Runtimes.open(
                        new RuntimeSettings(
                                state,
                                Map.of(),
                                false,
                                1,
                                Duration.ofDays(1),
                                InstantSource.system()),
                        sandbox)
                .close();

        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state)));
    }

    /** Fails, or ends each stage well with an environment of one variable. */
    private static final class BreakableSandbox implements Sandbox {
        private final AtomicInteger runs = new AtomicInteger();
        private volatile boolean broken;
        private volatile Path folder = Path.of("unset");

        @Override
        public Ending run(Stage stage, Cancellation cancellation) throws Fault {
            runs.incrementAndGet();
            if (broken) {
                throw new Fault("box", Fault.Next.TRY_ELSEWHERE, "no room in the box");
            }
            try {
                Files.writeString(stage.workDirectory().resolve(".boxcar-environment"), "A=b\0");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return new Ending(
                    new Ending.Exited(0),
                    Usage.UNKNOWN,
                    Captured.NOTHING,
                    Captured.NOTHING,
                    null,
                    null);
        }

        @Override
        public Disk disk() throws Fault {
            try {
                Path path = Files.createTempDirectory(folder, "disk");
                return new OnTheDisk(path);
            } catch (IOException e) {
                throw new Fault("box", Fault.Next.TRY_ELSEWHERE, "no folder", e);
            }
        }

        private record OnTheDisk(Path path) implements Disk {
            @Override
            public void close() {}
        }

        @Override
        public Engine engine() {
            return new Engine("fake", "1", "none", MemoryLimit.GROUP);
        }

        @Override
        public Boxes boxes() {
            return new Boxes(1, 0, 0);
        }

        @Override
        public void close() {}
    }
}
