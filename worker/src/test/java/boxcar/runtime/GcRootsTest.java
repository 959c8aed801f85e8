package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcRootsTest {
    private static final Path STORE = Path.of("/nix/store");
    private static final Path AUTO = Path.of("/nix/var/nix/gcroots/auto");
    private static final String ABSENT = "/nix/store/00000000000000000000000000000000-absent";

    @TempDir Path folder;

    private static Path some() throws IOException {
        assumeTrue(Files.isDirectory(STORE) && Files.isDirectory(AUTO), "no Nix here");
        try (var paths = Files.list(STORE)) {
            return paths.filter(path -> path.toString().matches("/nix/store/[0-9a-z]{32}-[^.]+"))
                    .filter(Files::isDirectory)
                    .findFirst()
                    .orElseThrow();
        }
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
                GcRoots.named("PATH=" + there + "/bin:" + ABSENT + "/bin:" + there + "/lib"));
        assertEquals(List.of(), GcRoots.named("/nix/store/short-x " + ABSENT));
    }

    @Test
    void whatARuntimeNamesIsKeptUntilItsFolderIsForgotten() throws Exception {
        Path there = some();

        new GcRoots(Map.of()).add(folder, List.of("no path", "exec " + there + "/bin/x"));

        assertEquals(there, Files.readSymbolicLink(folder.resolve("gcroot")));
        assertEquals(List.of(folder.resolve("gcroot")), registered(folder));

        GcRoots.forget(folder);

        assertEquals(List.of(), registered(folder));
    }

    @Test
    void aRuntimeThatNamesNothingOfTheStoreNeedsNoRoots() throws Exception {
        new GcRoots(Map.of()).add(folder, List.of("exec /bin/sh main.sh", ABSENT));

        assertFalse(Files.exists(folder.resolve("gcroot")));
    }

    @Test
    void rootsThatCannotBeRegisteredAreAFaultWithWhatNixSaid() throws Exception {
        Path there = some();
        var roots = new GcRoots(Map.of("NIX_REMOTE", "unix:///nowhere/socket"));

        Fault fault = assertThrows(Fault.class, () -> roots.add(folder, List.of(there.toString())));

        assertEquals("nix", fault.step());
        assertEquals(Fault.Next.RETRY_HERE, fault.next());
        assertTrue(
                String.valueOf(fault.getMessage()).contains("/nowhere/socket"),
                String.valueOf(fault.getMessage()));
    }
}
