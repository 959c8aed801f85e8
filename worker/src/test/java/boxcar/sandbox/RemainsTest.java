package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.sandbox.SandboxSettings.Choice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That nothing is left is only worth saying by somebody who finds what is. */
class RemainsTest {
    /** The number that a replica would take first, and leave something in. */
    private static final int BOX = 996;

    private static final int LAST = 999;

    private final List<Process> processes = new ArrayList<>();
    private Path home = Path.of("unset");

    @BeforeEach
    void aFolder() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root has boxes");
        home = Files.createTempDirectory("remains");
    }

    @AfterEach
    void away() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        Trees.delete(home);
    }

    private SandboxSettings settings(Choice choice) {
        return new SandboxSettings(
                choice, "isolate", "runc", BOX, LAST, 1, home.resolve("locks"), 4096);
    }

    private Remains find(Choice choice) throws Exception {
        return Remains.find(settings(choice));
    }

    private long started(String... command) throws Exception {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(home.resolve("out").toFile())
                        .start();
        processes.add(process);
        return process.pid();
    }

    private static Choice needed(Choice choice) throws Exception {
        String program = choice == Choice.RUNC ? "runc" : "isolate";
        assumeTrue(Tools.run("/bin/sh", "-c", "command -v " + program).well(), "no " + program);
        return choice;
    }

    private static int firstUser(Choice choice) throws Exception {
        return choice == Choice.RUNC
                ? RuncEngine.FIRST_UID
                : IsolateTool.probe("isolate", LAST).uidBase();
    }

    @ParameterizedTest
    @EnumSource(Choice.class)
    void whereNothingIsLeftNothingIsFound(Choice choice) throws Exception {
        assertEquals(new Remains(List.of(), List.of()), find(needed(choice)));
    }

    @Test
    void theFolderOfAnIsolateBoxIsFound() throws Exception {
        needed(Choice.ISOLATE);
        var isolate = new IsolateTool("isolate", "", false, 0, 0);
        isolate.cleanup(BOX);
        String folder = Tools.run(isolate.command(BOX, "--init")).out().strip();
        try {
            assertEquals(new Remains(List.of(folder), List.of()), find(Choice.ISOLATE));
        } finally {
            isolate.cleanup(BOX);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"box", "runc", "disks"})
    void aFolderBesideTheLocksIsFound(String kind) throws Exception {
        Path left = Files.createDirectories(home.resolve("locks").resolve(BOX + "." + kind));

        assertEquals(
                new Remains(List.of(left.toRealPath().toString()), List.of()), find(Choice.RUNC));
    }

    @ParameterizedTest
    @ValueSource(strings = {"box-" + BOX, "boxcar/box-" + BOX})
    void aControlGroupIsFoundInEachHierarchy(String name) throws Exception {
        List<Path> hierarchies = Cgroups.detect().all();
        assumeTrue(!hierarchies.isEmpty(), "no control groups here");
        for (Path hierarchy : hierarchies) {
            Path group = hierarchy.resolve(name);
            boolean parent = !Files.exists(group.getParent());
            Files.createDirectories(group);
            try {
                assertEquals(new Remains(List.of(group.toString()), List.of()), find(Choice.RUNC));
            } finally {
                Files.delete(group);
                if (parent) {
                    Files.delete(group.getParent());
                }
            }
        }
    }

    @Test
    void aControlGroupThatIsolateMadeIsFoundOnceWhereItsKeeperOrItsConfigurationHasIt()
            throws Exception {
        needed(Choice.ISOLATE);
        var root = Tools.run("isolate", "--print-cg-root");
        assumeTrue(root.well(), "this isolate has no control groups: " + root.evidence());
        Path group = Path.of(root.out().strip(), "box-" + BOX);
        Files.createDirectory(group);
        try {
            assertEquals(new Remains(List.of(group.toString()), List.of()), find(Choice.ISOLATE));
        } finally {
            Files.deleteIfExists(group);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ISOLATE", "RUNC"})
    void aProcessOfABoxsUserIsFound(Choice choice) throws Exception {
        int user = firstUser(needed(choice)) + BOX;
        long pid = started("setpriv", "--reuid=" + user, "--clear-groups", "sleep", "1000");
        awaitUser(pid, user);
        // setpriv is that user already; what it starts comes later.
        org.awaitility.Awaitility.await()
                .until(() ->
                        Files.readString(Path.of("/proc/" + pid + "/cmdline")).startsWith("sleep"));

        assertEquals(new Remains(List.of(), List.of(pid + " sleep 1000")), find(choice));
    }

    private static void awaitUser(long pid, int user) {
        org.awaitility.Awaitility.await().until(() -> Residents.of(user).contains(pid));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--box-id=" + BOX, "boxcar-" + BOX})
    void aProcessThatHoldsABoxIsFoundByItsCommand(String word) throws Exception {
        long pid = started("/bin/sh", "-c", "read line; exit 0", "sh", word, "end");

        Remains remains = find(Choice.RUNC);

        assertEquals(List.of(), remains.boxes());
        assertEquals(1, remains.processes().size(), remains::toString);
        assertTrue(remains.processes().getFirst().startsWith(pid + " "), remains::toString);
    }

    @Test
    void whatIsInANumberThatSomebodyHoldsIsHis() throws Exception {
        Path locks = home.resolve("locks").toAbsolutePath();
        Files.createDirectories(locks.resolve(BOX + ".disks"));
        try (Claims his = Claims.none()) {
            assertTrue(his.tryAdd(locks.toRealPath(), BOX));
            assertEquals(List.of(), find(Choice.RUNC).boxes());
        }
        assertEquals(1, find(Choice.RUNC).boxes().size());
    }

    @Test
    void whereAllNumbersAreHeldNobodyCanLook() throws Exception {
        SandboxSettings settings = settings(Choice.RUNC).resolved();
        try (Claims _ = Claims.take(settings.with(Choice.RUNC, LAST - BOX + 1))) {
            Fault fault = assertThrows(Fault.class, () -> find(Choice.RUNC));
            assertEquals(
                    "all boxes from 996 to 999 are held by other replicas on this host (locks in "
                            + settings.locks()
                            + "): widen the range of boxes, or run fewer replicas",
                    fault.getMessage());
        }
    }
}
