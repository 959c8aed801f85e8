package boxcar.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OsProcessTest {
    private static final Duration LONG = Duration.ofSeconds(90);

    @Test
    void aToolTellsItsExitAndBothItsOutputs() throws Exception {
        Finished finished = OsProcess.run(sh("echo a; echo b >&2; exit 3"), LONG);

        assertEquals(3, finished.exit());
        assertEquals("a", finished.out());
        assertEquals("'sh -c echo a; echo b >&2; exit 3' exited 3: b", finished.evidence());
    }

    @Test
    void theEnvironmentIsOnlyWhatIsGiven() throws Exception {
        Finished finished =
                OsProcess.run(
                        new Command(List.of("/usr/bin/env"), Map.of("A", "b\nc"), new byte[0]),
                        LONG);

        assertEquals("A=b\nc", finished.out());
    }

    @Test
    void aProgramThatIsNotThereIsAnError() {
        assertThrows(
                IOException.class,
                () -> OsProcess.run(Command.tool(List.of("/no/such/program")), LONG));
    }

    @Test
    void inputIsFedWhileOutputIsDrained() throws Exception {
        byte[] megabyte = new byte[1 << 20];
        Capture stdout = Capture.quiet(2 << 20);

        OsProcess process =
                OsProcess.start(
                        new Command(List.of("cat"), Map.of(), megabyte), stdout, Capture.quiet(10));

        assertEquals(0, process.await(LONG));
        assertTrue(process.awaitStreams());
        assertArrayEquals(megabyte, stdout.bytes());
    }

    @Test
    void inputThatNobodyReadsStopsNobody() throws Exception {
        OsProcess process =
                OsProcess.start(
                        new Command(List.of("true"), Map.of(), new byte[1 << 20]),
                        Capture.quiet(10),
                        Capture.quiet(10));

        assertEquals(0, process.await(LONG));
    }

    @Test
    void whatIsOverTheCapIsToldOnceAndThrownAway() throws Exception {
        var full = new CountDownLatch(2);
        var capture = new Capture(4, 4, (_, _) -> {}, full::countDown);

        OsProcess process =
                OsProcess.start(sh("echo 123; echo 456; echo 789"), capture, Capture.quiet(10));
        process.await(LONG);

        assertTrue(process.awaitStreams());
        assertEquals("123\n", new String(capture.bytes(), UTF_8));
        assertTrue(capture.truncated());
        assertEquals(1, full.getCount());
    }

    @Test
    void aStoppedProcessMaySayItsLastWords() throws Exception {
        var heard = new CountDownLatch(1);
        var stdout = new Capture(100, 100, (_, _) -> heard.countDown(), () -> {});
        OsProcess process =
                OsProcess.start(
                        Command.tool(
                                List.of(
                                        "perl",
                                        "-e",
                                        "$SIG{TERM} = sub { syswrite STDOUT, 'bye'; exit 4 };"
                                                + " syswrite STDOUT, 'up '; sleep 30")),
                        stdout,
                        Capture.quiet(10));
        assertTrue(heard.await(120, TimeUnit.SECONDS));

        process.stop(LONG);

        assertEquals(4, process.await(LONG));
        assertTrue(process.awaitStreams());
        assertEquals("up bye", new String(stdout.bytes(), UTF_8));
    }

    @Test
    void aProcessThatDoesNotStopIsKilledAfterTheGrace() throws Exception {
        var heard = new CountDownLatch(1);
        OsProcess process =
                OsProcess.start(
                        sh("trap '' TERM; echo up; exec sleep 30"),
                        new Capture(100, 100, (_, _) -> heard.countDown(), () -> {}),
                        Capture.quiet(10));
        assertTrue(heard.await(120, TimeUnit.SECONDS));

        process.stop(Duration.ofMillis(50));

        assertEquals(137, process.await(LONG));
    }

    @Test
    void aDeadlineAndAnInterruptKillATool() throws Exception {
        IOException e =
                assertThrows(
                        IOException.class,
                        () -> OsProcess.run(sh("exec sleep 30"), Duration.ofMillis(20)));
        assertEquals("'sh -c exec sleep 30' had not ended after PT0.02S", e.getMessage());

        var task = new FutureTask<>(() -> OsProcess.run(sh("exec sleep 30"), LONG));
        Thread thread = Thread.startVirtualThread(task);
        thread.interrupt();
        var failure = assertThrows(ExecutionException.class, () -> task.get(120, TimeUnit.SECONDS));
        assertTrue(failure.getCause() instanceof InterruptedException);
    }

    @Test
    void aProcessThatRunsHasNoExitYet() throws Exception {
        OsProcess process =
                OsProcess.start(sh("exec sleep 30"), Capture.quiet(10), Capture.quiet(10));

        assertNull(process.await(Duration.ofMillis(1)));
        assertTrue(process.alive());
        process.kill();
        process.awaitUninterrupted();
        assertEquals(137, process.exit());
    }

    @Test
    void aProgramHasNoDescriptorsButItsStandardStreamsAndNoSignalBlockedOrIgnored()
            throws Exception {
        Finished finished =
                OsProcess.run(
                        sh("ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' /proc/self/status"),
                        LONG);

        // The fourth is the folder that ls reads.
        assertEquals("4\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000", finished.out());
    }

    @Test
    void argumentsAndVariablesAreUtf8WhateverTheLocale() throws Exception {
        Finished finished =
                OsProcess.run(
                        new Command(
                                List.of("sh", "-c", "echo \"$1 $ä\" || env", "sh", "grün €"),
                                Map.of("LC_ALL", "C"),
                                new byte[0]),
                        LONG);

        assertEquals("grün € $ä", finished.out());
    }

    @Test
    void anArgumentWithANulIsRefused() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () -> OsProcess.run(Command.tool(List.of("echo", "a\0b")), LONG));

        assertEquals("cannot start: a NUL character in an argument", e.getMessage());
    }

    @Test
    void aProcessTalksBesideItsStreamsAndHasTheFilesThatItIsHanded(@TempDir Path folder)
            throws Exception {
        assertTrue(talks(folder).contains(" 3 4 5 "));
    }

    @Test
    void soDoesOneThatAVirtualThreadAttends(@TempDir Path folder) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            assertTrue(threads.submit(() -> talks(folder)).get().contains(" 3 4 5 "));
        }
    }

    /** What such a process has open. */
    private static String talks(Path folder) throws Exception {
        Path up = folder.resolve("up");
        Path down = folder.resolve("down");
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(
                0,
                OsProcess.run(Command.tool(List.of("mkfifo", up.toString(), down.toString())), LONG)
                        .exit());
        Capture stdout = Capture.quiet(100);
        String script =
                "echo hello >&3; read word <&4; echo you said $word >&3;"
                        + " echo kept >&5; echo '' $(ls /proc/$$/fd) ''; exit 4";
        try (Talk talk = Talk.open(up, down);
                OpenFile handed = OpenFile.toWrite(file)) {
            OsProcess process =
                    OsProcess.attend(
                            sh(script),
                            new OsProcess.Handed(talk, List.of(handed)),
                            OsProcess.Call::run,
                            stdout,
                            Capture.quiet(100));
            assertEquals("hello", process.hear(LONG));
            assertNull(process.hear(Duration.ofMillis(5)), "it waits for us");
            talk.say("this");
            assertEquals("you said this", process.hear(LONG));
            assertEquals(4, process.await(LONG));
            assertTrue(process.awaitStreams());
            assertNull(process.hear(LONG), "it has ended");
        }
        assertEquals("kept\n", Files.readString(file));
        return new String(stdout.bytes(), UTF_8);
    }

    @Test
    void aLastWordIsHeardThoughTheProcessHasEnded(@TempDir Path folder) throws Exception {
        Path up = folder.resolve("up");
        Path down = folder.resolve("down");
        OsProcess.run(Command.tool(List.of("mkfifo", up.toString(), down.toString())), LONG);
        try (Talk talk = Talk.open(up, down)) {
            OsProcess process =
                    OsProcess.attend(
                            sh("echo one >&3; echo two >&3"),
                            new OsProcess.Handed(talk, List.of()),
                            OsProcess.Call::run,
                            Capture.quiet(10),
                            Capture.quiet(10));
            assertEquals(0, process.await(LONG));
            assertTrue(process.awaitStreams());
            assertEquals("one", process.hear(LONG));
            assertEquals("two", process.hear(LONG));
            assertNull(process.hear(LONG));
        }
    }

    @Test
    void aProcessThatCanBeFollowedNoMoreIsKilled() throws Exception {
        Capture broken =
                new Capture(
                        100,
                        100,
                        (_, _) -> {
                            throw new IllegalStateException("nobody listens");
                        },
                        () -> {});
        OsProcess process = OsProcess.start(sh("echo; exec sleep 60"), broken, Capture.quiet(10));

        assertEquals(
                "a process could not be followed",
                assertThrows(IllegalStateException.class, () -> process.await(LONG)).getMessage());
        assertTrue(ProcessHandle.of(process.pid()).isEmpty(), "it lives on");
    }

    @Test
    void aProcessWithoutATalkIsNotHeard() throws Exception {
        OsProcess process = OsProcess.start(sh(""), Capture.quiet(10), Capture.quiet(10));

        assertEquals(
                "nobody talks with this process",
                assertThrows(IllegalStateException.class, () -> process.hear(LONG)).getMessage());
        assertEquals(0, process.await(LONG));
    }

    @Test
    void anOutputThatAChildKeepsOpenIsGivenUp() throws Exception {
        Capture stdout = Capture.quiet(100);
        OsProcess process = OsProcess.start(sh("sleep 30 & echo $!"), stdout, Capture.quiet(10));

        assertEquals(0, process.await(LONG));
        assertFalse(process.awaitStreams());
        process.giveUpStreams();
        assertTrue(process.awaitStreams());
        String child = new String(stdout.bytes(), UTF_8).strip();
        ProcessHandle.of(Long.parseLong(child)).orElseThrow().destroyForcibly();
    }

    @Test
    void aSignalToAProcessThatIsGoneGoesToNobody() throws Exception {
        OsProcess process = OsProcess.start(sh("exit 7"), Capture.quiet(10), Capture.quiet(10));
        assertEquals(7, process.await(LONG));

        process.kill();
        process.stop(Duration.ofMillis(1));

        assertEquals(7, process.exit());
    }

    @Test
    void manyAtOnceAreKeptApartAndLeaveNoDescriptor() throws Exception {
        long before = descriptors();
        List<Future<Finished>> tasks = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 100; i++) {
                Command command =
                        new Command(
                                List.of("sh", "-c", "cat; exit " + i),
                                Map.of(),
                                ("in " + i).getBytes(UTF_8));
                tasks.add(threads.submit(() -> OsProcess.run(command, LONG)));
            }
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(i, tasks.get(i).get().exit());
            assertEquals("in " + i, tasks.get(i).get().out());
        }
        assertTrue(descriptors() < before + 20, () -> before + " before");
    }

    private static long descriptors() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static Command sh(String script) {
        return Command.tool(List.of("sh", "-c", script));
    }

    @Test
    void aToolFindsNoSettingsOfAnybody() throws Exception {
        Finished finished = OsProcess.run(Command.tool(List.of("/usr/bin/env")), LONG);

        assertEquals(
                List.of(
                        "HOME=/nonexistent",
                        "LC_ALL=C",
                        "NIX_USER_CONF_FILES=",
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                                + ":/run/wrappers/bin:/run/current-system/sw/bin",
                        "XDG_CONFIG_HOME=/nonexistent"),
                finished.out().lines().sorted().toList());
    }

    @Test
    void aProgramThatNoFolderOfTheSystemHasIsAnErrorThatNamesThem() {
        IOException none =
                assertThrows(
                        IOException.class,
                        () -> OsProcess.run(Command.tool(List.of("no-such-program")), LONG));

        assertTrue(
                String.valueOf(none.getMessage())
                        .startsWith(
                                "cannot start no-such-program: it is in none of the folders [/usr/local/sbin, "),
                none.getMessage());
    }
}
