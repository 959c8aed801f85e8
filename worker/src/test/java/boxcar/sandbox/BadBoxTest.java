package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Ending.Exited;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import boxcar.sandbox.SandboxSettings.Choice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Numbers in whose way something is, and what dead replicas left. */
class BadBoxTest {
    private static final int FIRST = 930;

    private Path home = Path.of("unset");

    @BeforeEach
    void aFolder() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root has boxes");
        home = Files.createTempDirectory("bad-box");
    }

    @AfterEach
    void away() throws Exception {
        Trees.delete(home);
    }

    private SandboxSettings settings(Choice choice, int boxes) {
        return new SandboxSettings(
                choice, "isolate", "runc", FIRST, FIRST + 9, boxes, home.resolve("locks"), 4096);
    }

    private static Finished tool(String... argv) throws Exception {
        return OsProcess.run(Command.tool(List.of(argv)), Duration.ofSeconds(20));
    }

    private void runsWell(Sandbox sandbox) throws Exception {
        try (var disk = sandbox.disk()) {
            assertEquals(
                    new Exited(3),
                    sandbox.run(Given.sh(disk.path(), "exit 3").stage(), new Cancellation()).how());
        }
    }

    @Tried("A box number in whose folder something cannot be removed, at the start of a worker")
    @Must("left with a warning and counted as bad; the next number is used")
    @Test
    void aNumberThatCannotBeSweptIsLeftForTheNext() throws Exception {
        Path folder = Files.createDirectories(home.resolve("locks/" + (FIRST + 1) + ".disks"));
        Path stuck = Files.writeString(folder.resolve("stuck"), "");
        assumeTrue(tool("chattr", "+i", stuck.toString()).well(), "no immutable files here");
        try (Sandbox sandbox = Sandboxes.open(settings(Choice.RUNC, 3))) {
            assertEquals(new Sandbox.Boxes(3, 0, 1), sandbox.boxes());
            runsWell(sandbox);
        } finally {
            tool("chattr", "-i", stuck.toString());
        }
    }

    @Tried(
            "A box number in which an isolate that is not ours is busy, at the start of a worker that may choose its engine")
    @Must("isolate is not taken for broken; the number is freed, or left for the next")
    @Test
    void aNumberThatSomebodyElseUsesDoesNotSpeakAgainstTheEngine() throws Exception {
        assumeTrue(present("isolate"), "no isolate");
        assumeTrue(
                tool("isolate", "-b", "" + FIRST, "--init").well(), "isolate does not work here");
        Process other =
                new ProcessBuilder(
                                "isolate",
                                "-b",
                                "" + FIRST,
                                "--dir=/lib64:maybe",
                                "--run",
                                "--",
                                "/bin/sleep",
                                "60")
                        .start();
        try {
            await().until(() -> !tool("isolate", "-b", "" + FIRST, "--cleanup").well());
            try (Sandbox sandbox = Sandboxes.open(settings(Choice.AUTO, 1))) {
                assertEquals("isolate", sandbox.engine().name());
                runsWell(sandbox);
            }
        } finally {
            other.destroy();
            assertNotEquals(0, other.waitFor());
            tool("isolate", "-b", "" + FIRST, "--cleanup");
        }
    }

    private Path script(String text) throws Exception {
        Path script = Files.writeString(home.resolve("engine"), "#!/bin/sh\n" + text);
        Files.setAttribute(script, "unix:mode", 0755);
        return script;
    }

    private SandboxSettings with(Path runc) {
        return new SandboxSettings(
                Choice.RUNC,
                "isolate",
                runc.toString(),
                FIRST,
                FIRST + 9,
                1,
                home.resolve("locks"),
                4096);
    }

    @Tried("A runc that tells its version, and can start no container")
    @Must("no engine; runc's own words are told")
    @Test
    void aRuncThatStartsNoContainerIsNoEngine() throws Exception {
        Path runc =
                script(
                        "case $1 in --version) echo runc version 9;; *) echo no container here >&2;"
                                + " exit 1;; esac");
        Fault fault = assertThrows(Fault.class, () -> Sandboxes.open(with(runc)));

        assertEquals("sandbox", fault.step());
        assertEquals(
                "runc could not start a container: it said no container here", fault.getMessage());
        assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(home.toString()));
    }

    @Tried("runc takes half a minute to start a container, as on a busy host")
    @Must("the worker waits, and runc is its engine")
    @Tag("long")
    @Test
    void aRuncThatIsSlowIsWaitedFor() throws Exception {
        Path runc = script("case \"$*\" in *run*--bundle*) sleep 30 ;; esac; exec runc \"$@\"");
        try (Sandbox sandbox = Sandboxes.open(with(runc))) {
            assertEquals("runc", sandbox.engine().name());
        }
    }

    @Tried("An isolate that runs a program only without the limits")
    @Must("no engine; isolate's own words are told")
    @Test
    void anIsolateThatFailsWithTheLimitsIsNoEngine() throws Exception {
        Path isolate =
                script(
                        "case \"$*\" in --version) echo The process isolator 2.6;;"
                                + " *--cg*) exit 2;; *--wall-time*) echo no limits here >&2; exit 2;;"
                                + " *--run*) echo uid=60930 gid=60930;; esac");
        var settings =
                new SandboxSettings(
                        Choice.ISOLATE,
                        isolate.toString(),
                        "runc",
                        FIRST,
                        FIRST + 9,
                        1,
                        home.resolve("locks"),
                        4096);

        Fault fault = assertThrows(Fault.class, () -> Sandboxes.open(settings));

        assertEquals("sandbox", fault.step());
        assertTrue(
                String.valueOf(fault.getMessage()).contains("no limits here"), fault.getMessage());
    }

    private static boolean present(String program) throws Exception {
        return tool("/bin/sh", "-c", "command -v " + program).well();
    }

    @Tried("Work directories of a worker that was killed, still mounted beside its box numbers")
    @Must(
            "unmounted and removed by a replica that lives, though one of the numbers cannot be swept")
    @Test
    void whatADeadReplicaHadMountedIsUnmountedByWhoLives() throws Exception {
        Path locks = home.resolve("locks");
        Path bad = Files.createDirectories(locks.resolve(FIRST + 4 + ".disks"));
        Path stuck = Files.writeString(bad.resolve("stuck"), "");
        assumeTrue(tool("chattr", "+i", stuck.toString()).well(), "no immutable files here");
        Path left = Files.createDirectories(locks.resolve(FIRST + 5 + ".disks/0"));
        assertTrue(tool("mount", "-t", "tmpfs", "left", left.toString()).well());
        Files.writeString(left.resolve("file"), "of a job");
        try (Sandbox survivor = Sandboxes.open(settings(Choice.RUNC, 1))) {
            await().atMost(Duration.ofSeconds(90)).until(() -> Files.notExists(left.getParent()));
            assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(left.toString()));
            runsWell(survivor);
        } finally {
            tool("chattr", "-i", stuck.toString());
        }
        assertFalse(
                new String(Files.readAllBytes(Path.of("/proc/self/mounts")), UTF_8)
                        .contains(home.toString()));
    }
}
