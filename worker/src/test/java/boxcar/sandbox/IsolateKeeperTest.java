package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On folders that look like isolate's control group. */
class IsolateKeeperTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    @SuppressWarnings("NullAway.Init")
    private Path root;

    @SuppressWarnings("NullAway.Init")
    private IsolateKeeper keeper;

    /** As the keeper, it waits for a signal that ends it. */
    @SuppressWarnings("NullAway.Init")
    private Process process;

    @BeforeEach
    void aKeeper() throws Exception {
        process = new ProcessBuilder("sleep", "600").start();
        root = Files.createDirectories(home.resolve("isolate.service"));
        Files.createDirectory(root.resolve("daemon"));
        Files.writeString(processes(), process.pid() + "\n");
        keeper = new IsolateKeeper(root);
    }

    @AfterEach
    void noKeeper() throws Exception {
        process.destroyForcibly().waitFor();
    }

    private Path processes() {
        return root.resolve("daemon/cgroup.procs");
    }

    private void isAFault(IsolateKeeper.Mark before) {
        Fault fault = assertThrows(Fault.class, () -> keeper.requireAsBefore(before, false));
        assertEquals("sandbox", fault.step());
        assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        assertTrue(
                String.valueOf(fault.getMessage())
                        .contains(
                                "(isolate.service) was stopped or started anew while a stage ran"),
                fault.getMessage());
    }

    @Test
    void aKeeperThatGoesOnIsNoFault() {
        IsolateKeeper.Mark before = keeper.mark();
        assertDoesNotThrow(() -> keeper.requireAsBefore(before, true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "977\n"})
    void aKeeperThatIsGoneOrAnotherIsAFault(String now) throws Exception {
        IsolateKeeper.Mark before = keeper.mark();
        Files.writeString(processes(), now);
        isAFault(before);
    }

    /** Until it is scheduled again, a keeper that was sent SIGTERM is in its group as before. */
    @Test
    void aKeeperThatASignalWaitsForIsAFault() throws Exception {
        process.destroyForcibly().waitFor();
        process =
                new ProcessBuilder(
                                "perl",
                                "-MPOSIX",
                                "-e",
                                "sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM));"
                                        + " $| = 1; print \"ready\\n\"; sleep 600")
                        .start();
        assertEquals("ready", process.inputReader().readLine());
        Files.writeString(processes(), process.pid() + "\n");
        IsolateKeeper.Mark before = keeper.mark();
        assertDoesNotThrow(() -> keeper.requireAsBefore(before, false));

        process.destroy();

        isAFault(before);
        // Nor does a stage count that has begun since.
        isAFault(keeper.mark());
    }

    @Test
    void aKeeperThatHasEndedButIsStillListedIsAFault() throws Exception {
        IsolateKeeper.Mark before = keeper.mark();
        process.destroyForcibly().waitFor();
        isAFault(before);
    }

    @Test
    void aKeeperOfAnotherNamespaceIsNoFault() throws Exception {
        Files.writeString(processes(), "0\n");
        IsolateKeeper.Mark before = keeper.mark();
        assertDoesNotThrow(() -> keeper.requireAsBefore(before, true));
    }

    @Test
    void aGroupThatIsGoneIsAFault() throws Exception {
        IsolateKeeper.Mark before = keeper.mark();
        Files.delete(processes());
        Files.delete(root.resolve("daemon"));
        Files.delete(root);
        isAFault(before);
    }

    @Test
    void aGroupThatWasMadeAnewIsAFaultThoughItsKeeperHasTheSameNumber() throws Exception {
        IsolateKeeper.Mark before = keeper.mark();
        Files.move(root, home.resolve("former"));
        Files.createDirectories(root.resolve("daemon"));
        Files.writeString(processes(), process.pid() + "\n");
        isAFault(before);
    }

    @Test
    void aGroupThatWasMadeByHandHasNoKeeperAndIsNoFault() throws Exception {
        Files.delete(processes());
        IsolateKeeper.Mark before = keeper.mark();
        assertDoesNotThrow(() -> keeper.requireAsBefore(before, true));
    }

    /** The last is where `make install` puts it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "etc/systemd/system",
                "run/systemd/system",
                "usr/lib/systemd/system",
                "lib/systemd/system",
                "usr/local/lib/systemd/system"
            })
    void aServiceThatDoesNotRunIsInstalledWhereverSystemdFindsIt(String folder) throws Exception {
        assertFalse(IsolateKeeper.isInstalled(home));
        Path units = Files.createDirectories(home.resolve(folder));
        Files.writeString(units.resolve("isolate.service"), "");

        assertTrue(IsolateKeeper.isInstalled(home));
    }
}
