package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Fault;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcRootsTest {
    private static final Path AUTO = Path.of("/nix/var/nix/gcroots/auto");
    private static final String ABSENT = "/nix/store/00000000000000000000000000000000-absent";

    @TempDir Path folder;

    /** A path of the store, made by its content. */
    private Path some() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/nix-store")), "no Nix here");
        Path file = Files.writeString(folder.resolve("some-" + folder.getFileName()), "some");
        return Path.of(
                OsProcess.run(
                                new Command(
                                        List.of("/usr/bin/nix-store", "--add", file.toString()),
                                        Map.of(
                                                "NIX_REMOTE",
                                                "daemon",
                                                "HOME",
                                                folder.toString(),
                                                "PATH",
                                                "/usr/bin:/bin"),
                                        new byte[0]),
                                Duration.ofSeconds(60))
                        .out()
                        .strip());
    }

    /** The daemon's links to roots in a folder. */
    private static List<Path> registered(Path folder) throws IOException {
        try (var links = Files.list(AUTO)) {
            return links.map(
                            link -> {
                                try {
                                    return Files.readSymbolicLink(link);
                                } catch (IOException e) {
                                    return link;
                                }
                            })
                    .filter(target -> target.startsWith(folder))
                    .toList();
        }
    }

    @Test
    void aTextNamesTheStorePathsInItThatExistEachOnce() throws Exception {
        Path there = some();

        assertEquals(
                List.of(there),
                GcRoots.named(
                        List.of(
                                "PATH=" + there + "/bin:" + ABSENT + "/bin:" + there + "/lib",
                                "x")));
        assertEquals(List.of(), GcRoots.named(List.of("/nix/store/short-x " + ABSENT)));
    }

    @Test
    void whatARuntimeNamesIsKeptUntilItsFolderIsForgotten() throws Exception {
        Path there = some();

        assertEquals(List.of(), new GcRoots(Map.of()).add(folder, List.of(there)));

        assertEquals(there, Files.readSymbolicLink(folder.resolve("gcroot")));
        assertEquals(List.of(folder.resolve("gcroot")), registered(folder));
        assertTrue(GcRoots.areThere(folder, List.of(there)));

        GcRoots.forget(folder);

        assertEquals(List.of(), registered(folder));
        assertFalse(GcRoots.areThere(folder, List.of(there)));
    }

    @Test
    void rootsMoveWithTheirFolder() throws Exception {
        Path there = some();
        Path from = Files.createDirectory(folder.resolve("from"));
        Path to = folder.resolve("to");
        var roots = new GcRoots(Map.of());
        roots.add(from, List.of(there));

        roots.carry(from, to, List.of(there), () -> moved(from, to));

        assertEquals(List.of(to.resolve("gcroot")), registered(folder));
        assertTrue(GcRoots.areThere(to, List.of(there)));
        assertFalse(GcRoots.hasLost(to));
    }

    private static void moved(Path from, Path to) throws Fault {
        try {
            Files.move(from, to);
        } catch (IOException e) {
            throw new Fault("test", Fault.Next.GIVE_UP, "cannot move", e);
        }
    }

    @Test
    void whatTheStoreHasNotIsToldAndNothingIsRegistered() throws Exception {
        Path there = some();

        assertEquals(
                List.of(Path.of(ABSENT)),
                new GcRoots(Map.of()).add(folder, List.of(there, Path.of(ABSENT))));

        assertFalse(Files.exists(folder.resolve("gcroot")));
        assertEquals(List.of(), registered(folder));
    }

    @Test
    void aRootWhosePathIsGoneIsSeen() throws Exception {
        Files.createSymbolicLink(folder.resolve("gcroot"), Path.of(ABSENT));

        assertTrue(GcRoots.hasLost(folder));
        assertFalse(GcRoots.areThere(folder, List.of(Path.of(ABSENT))));
    }

    @Test
    void aRuntimeThatNamesNothingOfTheStoreNeedsNoDaemon() throws Exception {
        var roots = new GcRoots(Map.of("NIX_REMOTE", "unix:///nowhere/socket"));

        assertEquals(List.of(), roots.add(folder, List.of()));

        assertFalse(Files.exists(folder.resolve("gcroot")));
    }

    @Test
    void aDaemonThatDoesNotAnswerIsAFaultThatNamesItsSocket() {
        var roots = new GcRoots(Map.of("NIX_REMOTE", "unix:///nowhere/socket"));

        Fault fault = assertThrows(Fault.class, () -> roots.add(folder, List.of(Path.of(ABSENT))));

        assertEquals("nix", fault.step());
        assertEquals(Fault.Next.RETRY_HERE, fault.next());
        assertTrue(
                String.valueOf(fault.getMessage()).contains("/nowhere/socket"),
                String.valueOf(fault.getMessage()));
    }

    @Test
    void whatTheDaemonRefusesIsAFaultWithItsWords() {
        assumeTrue(Files.exists(Path.of("/nix/var/nix/daemon-socket/socket")), "no Nix here");

        Fault fault =
                assertThrows(
                        Fault.class,
                        () -> new GcRoots(Map.of()).add(folder, List.of(Path.of("/etc/passwd"))));

        assertTrue(
                String.valueOf(fault.getMessage()).contains("is not in the Nix store"),
                String.valueOf(fault.getMessage()));
    }
}
