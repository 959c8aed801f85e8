package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.job.Bind;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Ending.CpuTimeout;
import boxcar.job.Ending.Exited;
import boxcar.job.Ending.Flooded;
import boxcar.job.Ending.Signalled;
import boxcar.job.Ending.WallTimeout;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Sandbox.MemoryLimit;
import boxcar.job.Stage;
import boxcar.sandbox.SandboxSettings.Choice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every engine promises. One sandbox with one box for the whole class, so that each test runs
 * in the box that the one before has left.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
abstract class SandboxContractTest implements FiguresContract {
    private static final int FIRST_BOX = 900;
    private static final int LAST_BOX = 980;

    /** Above what the busiest host needs; a test that waits so long hangs. */
    private static final long PATIENCE_SECONDS = 120;

    private Path home = Path.of("unset");
    private Path work = Path.of("unset");
    private Sandbox sandbox = new NoSandbox();
    private int box = FIRST_BOX;

    /** Which engine, and its program. */
    abstract Choice engine();

    abstract String program();

    /** Another name of which this one may be a second name. */
    String testedAs() {
        return program();
    }

    @BeforeAll
    void openSandbox() throws Exception {
        if (!testedAs().equals(program()) && onPath(program()).equals(onPath(testedAs()))) {
            System.out.println("SKIPPED engine " + program() + ": here it is " + testedAs());
            abort(program() + " is " + testedAs() + ", which is tested");
        }
        home = Files.createTempDirectory("sandbox-test");
        try {
            sandbox = Sandboxes.open(settings(1));
        } catch (Fault e) {
            System.out.println("SKIPPED engine " + program() + ": " + e.getMessage());
            abort(program() + ": " + e.getMessage());
        }
        // A number that what somebody else left keeps from being used is not ours to clean up.
        box = FIRST_BOX + sandbox.boxes().bad();
        System.out.println("TESTED engine " + sandbox.engine().describe() + " in box " + box);
    }

    /** Without links; the name itself if it is not there. */
    private static Path onPath(String program) throws IOException {
        for (String folder : System.getenv("PATH").split(":", -1)) {
            Path file = Path.of(folder, program);
            if (Files.isExecutable(file)) {
                return file.toRealPath();
            }
        }
        return Path.of(program);
    }

    SandboxSettings settings(int boxes) {
        return new SandboxSettings(
                engine(), program(), program(), FIRST_BOX, LAST_BOX, boxes, home.resolve("locks"));
    }

    @AfterAll
    void closeSandboxAndFindNothingLeft() throws Exception {
        sandbox.close();
        String mounts = Files.readString(Path.of("/proc/self/mounts"));
        assertFalse(mounts.contains(home.toString()), mounts);
        for (Path root : Cgroups.detect().all()) {
            for (String group : List.of("box-", "boxcar/box-")) {
                Path left = root.resolve(group + box);
                assertFalse(Files.exists(left), () -> left + " holds " + inGroup(left));
            }
        }
        if (Files.isDirectory(home.resolve("locks"))) {
            try (var left = Files.list(home.resolve("locks"))) {
                assertEquals(
                        List.of(),
                        left.filter(p -> !p.getFileName().toString().matches("\\d+")).toList());
            }
        }
        Trees.delete(home);
    }

    /** The names of the threads in a control group, of version 1 or 2. */
    private static List<String> inGroup(Path group) {
        try {
            var names = new ArrayList<String>();
            Path tasks = group.resolve("tasks");
            Path threads = Files.exists(tasks) ? tasks : group.resolve("cgroup.threads");
            for (String thread : Files.readAllLines(threads)) {
                names.add(Files.readString(Path.of("/proc", thread, "comm")).strip());
            }
            return names;
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }

    @BeforeEach
    void makeWorkDirectory() throws IOException {
        work = Files.createTempDirectory(home, "work");
    }

    @AfterEach
    void deleteWorkDirectory() throws IOException {
        Trees.delete(work);
    }

    @Override
    public Ending run(Given given) throws Fault, InterruptedException {
        return sandbox.run(given.stage(), new Cancellation());
    }

    /** As a worker does after a fault of isolate 2.6 (docs/reliability.md, what is known). */
    @Override
    public Ending runOrTryAgain(Given given) throws Fault, InterruptedException {
        try {
            return run(given);
        } catch (Fault e) {
            if (!String.valueOf(e.getMessage()).contains("unexpected children found")) {
                throw e;
            }
            return run(given);
        }
    }

    @Override
    public Path work() {
        return work;
    }

    @Override
    public Path home() {
        return home;
    }

    @Override
    public Sandbox sandbox() {
        return sandbox;
    }

    private Given sh(String script) {
        return Given.sh(work, script);
    }

    private Given perl(String script, String... args) {
        return Given.perl(work, script, args);
    }

    static String out(Ending ending) {
        return new String(ending.stdout().bytes(), UTF_8);
    }

    static String err(Ending ending) {
        return new String(ending.stderr().bytes(), UTF_8);
    }

    private static void assertWell(Ending ending) {
        assertEquals(new Exited(0), ending.how(), () -> ending + "\n" + out(ending) + err(ending));
    }

    private boolean limitsGroups() {
        return sandbox.engine().memory() == MemoryLimit.GROUP;
    }

    // How a program ends

    @Test
    void aRunThatEndsWellHasItsOutputItsFiguresAndNoStatus() throws Exception {
        Ending ending = run(sh("cat; echo problem >&2").stdin("hello"));

        assertWell(ending);
        assertEquals("hello", out(ending));
        assertEquals("problem\n", err(ending));
        assertNull(ending.status());
        assertNull(ending.message());
        assertNotNull(ending.usage().cpuTime());
        assertNotNull(ending.usage().wallTime());
        assertNotNull(ending.usage().memoryKib());
        assertNotNull(ending.usage().maxRssKib());
        assertNotNull(ending.usage().cswVoluntary());
        assertNotNull(ending.usage().cswForced());
        assertFalse(ending.usage().killed());
        assertFalse(ending.usage().oomKilled());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 127, 128, 137, 139, 143, 255})
    void anExitStatusIsToldAsItIs(int code) throws Exception {
        Ending ending = run(sh("exit " + code));

        assertEquals(new Exited(code), ending.how());
        assertEquals("RE", ending.status());
        assertFalse(ending.usage().killed());
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 9, 11, 15})
    void aSignalOfItsOwnIsNoExitStatus(int signal) throws Exception {
        Ending ending = run(perl("kill " + signal + ", $$; sleep 9"));

        assertEquals(new Signalled(signal), ending.how());
        assertEquals("SG", ending.status());
        assertFalse(ending.usage().killed());
    }

    @Test
    void whatStartsAProgramIsNotInItsLargestResidentSet() throws Exception {
        Ending ending = run(Given.command(work, "/bin/true"));

        long largest = java.util.Objects.requireNonNull(ending.usage().maxRssKib());
        assertTrue(largest < 2048, largest + " KiB");
    }

    @Test
    void aProgramHasItsStandardStreamsOpenAndNothingElse() throws Exception {
        // The fourth is the folder that ls reads.
        Ending ending = run(Given.command(work, "/bin/ls", "/proc/self/fd"));

        assertEquals("0\n1\n2\n3\n", out(ending));
    }

    @Test
    void aProgramThatIsNotThereIsAnExitStatusWithTheReasonOnItsStderr() throws Exception {
        Ending ending = run(Given.command(work, "/box/none"));

        assertEquals(new Exited(127), ending.how());
        assertEquals("execve(\"/box/none\"): No such file or directory\n", err(ending));
    }

    // Limits

    @Test
    void aBusyLoopEndsByCpuTime() throws Exception {
        Ending ending = run(sh("echo before; while :; do :; done").cpu(Duration.ofMillis(100)));

        assertEquals(new CpuTimeout(), ending.how());
        assertEquals("TO", ending.status());
        assertEquals("before\n", out(ending));
        assertTrue(ending.usage().killed());
        Duration cpu = java.util.Objects.requireNonNull(ending.usage().cpuTime());
        assertTrue(cpu.compareTo(Duration.ofMillis(100)) >= 0, cpu.toString());
    }

    @Test
    void aSleepEndsByWallTime() throws Exception {
        Ending ending = run(sh("sleep 900").wall(Duration.ofMillis(300)));

        assertEquals(new WallTimeout(), ending.how());
        assertEquals("TO", ending.status());
        assertTrue(ending.usage().killed());
    }

    @Test
    void aProgramThatEndsWithinTheExtraTimeIsATimeoutButNotKilled() throws Exception {
        Ending ending =
                run(
                        perl("1 while (times)[0] < 0.3")
                                .cpu(Duration.ofMillis(100))
                                .extra(Duration.ofSeconds(5)));

        assertEquals(new CpuTimeout(), ending.how());
        assertFalse(ending.usage().killed());
    }

    @Test
    void memoryIsLimited() throws Exception {
        Ending ending =
                run(perl("$m = 200 << 20; $x = 'a' x $m; print 'got it'").memoryKib(64 * 1024));

        assertEquals("", out(ending));
        if (limitsGroups()) {
            assertEquals(new Signalled(9), ending.how());
            assertTrue(ending.usage().oomKilled());
        } else {
            assertInstanceOf(Exited.class, ending.how());
            assertTrue(err(ending).contains("Out of memory"), err(ending));
        }
    }

    @Test
    void theMemoryOfAllProcessesIsCountedTogether() throws Exception {
        assumeTrue(limitsGroups(), "this engine cannot limit the memory of a group here");
        String eat =
                "$m = 20 << 20; for (1..4) { if (!($p = fork)) { $x = 'a' x $m; sleep 900; exit }"
                        + " push @p, $p } wait; kill 9, @p; 1 while wait > 0";

        Ending ending = run(perl(eat).memoryKib(64 * 1024));

        assertTrue(ending.usage().oomKilled(), ending.toString());
    }

    @Test
    void thePeakIsThatOfTheProgram() throws Exception {
        assumeTrue(limitsGroups(), "this engine does not measure the memory of a group here");

        Ending big = run(perl("$m = 50 << 20; $x = 'a' x $m"));
        Ending small = run(sh(":"));

        long bigKib = java.util.Objects.requireNonNull(big.usage().memoryKib());
        long smallKib = java.util.Objects.requireNonNull(small.usage().memoryKib());
        assertTrue(bigKib > 48 * 1024 && bigKib < 140 * 1024, "big: " + bigKib);
        assertTrue(smallKib < 10 * 1024, "small: " + smallKib);
    }

    @Test
    void aChildKilledForMemoryIsToldThoughItsParentEndsWell() throws Exception {
        assumeTrue(limitsGroups(), "this engine cannot limit the memory of a group here");

        Ending ending =
                run(
                        perl("$m = 200 << 20; if (!fork) { $x = 'a' x $m; exit } wait; exit 0")
                                .memoryKib(64 * 1024));

        assertWell(ending);
        assertTrue(ending.usage().oomKilled());
    }

    @Test
    void aForkLoopMeetsTheLimitOfProcesses() throws Exception {
        // isolate 2.6 looks for the program once, and fails if that has left children and ended.
        String loop =
                "for (1..20) { $p = fork; if (!defined $p) { print $n+0; select undef, undef,"
                        + " undef, 0.2; exit 7 } if (!$p) { sleep 900; exit } $n++ }";

        Ending ending = runOrTryAgain(perl(loop).processes(4));

        assertEquals(new Exited(7), ending.how());
        assertEquals("3", out(ending));
    }

    @Test
    void aForkBombEndsWithItsStage() throws Exception {
        Ending ending = run(perl("while (1) { fork }").wall(Duration.ofSeconds(1)).processes(30));

        assertTrue(
                ending.how() instanceof CpuTimeout || ending.how() instanceof WallTimeout,
                ending.toString());
        assertWell(run(sh("echo next")));
    }

    @Test
    void openFilesAreLimited() throws Exception {
        String open = "for (1..50) { open $f[$_], '<', '/dev/null' or exit 9 }";

        assertEquals(new Exited(9), run(perl(open).openFiles(50)).how());
        assertEquals(new Exited(0), run(perl(open).openFiles(60)).how());
    }

    @Test
    void theSizeOfAFileIsLimited() throws Exception {
        Ending ending =
                run(
                        Given.command(
                                        work,
                                        "/usr/bin/dd",
                                        "if=/dev/zero",
                                        "of=big",
                                        "bs=1M",
                                        "count=5")
                                .fileSizeKib(3 * 1024));

        assertEquals(new Signalled(25), ending.how());
        assertEquals(3 << 20, Files.size(work.resolve("big")));
    }

    @Test
    void tmpAndSharedMemoryAreBounded() throws Exception {
        Ending ending =
                run(
                        sh("for i in 1 2 3 4 5 6 7 8 9; do"
                                        + " head -c 40000000 /dev/zero > /tmp/$i || exit 5; done")
                                .memoryKib(2 * 1024 * 1024));

        assertEquals(new Exited(5), ending.how(), err(ending));
        assertTrue(err(ending).contains("No space left on device"), err(ending));
    }

    // Streams

    @Test
    void stdinThatIsHugeAndNeverReadStopsNobody() throws Exception {
        Ending ending = run(sh("echo done").stdin(new byte[8 << 20]));

        assertWell(ending);
        assertEquals("done\n", out(ending));
    }

    @Test
    void hugeStdinArrivesWhileOutputIsDrained() throws Exception {
        byte[] bytes = new byte[700_000];
        Arrays.fill(bytes, (byte) 'x');

        Ending ending = run(Given.command(work, "/bin/cat").stdin(bytes));

        assertWell(ending);
        assertArrayEquals(bytes, ending.stdout().bytes());
    }

    @Test
    void outputThatIsNotUtf8Survives() throws Exception {
        Ending ending = run(perl("print map chr, 0..255; print STDERR \"\\xff\\xfe\\0\""));

        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        assertArrayEquals(all, ending.stdout().bytes());
        assertEquals("\u00ff\u00fe\0", new String(ending.stderr().bytes(), ISO_8859_1));
    }

    @Test
    void outputUpToTheCapIsNoFlood() throws Exception {
        Ending ending = run(perl("print 'x' x 4096").capKib(4));

        assertWell(ending);
        assertEquals(4096, ending.stdout().bytes().length);
        assertFalse(ending.stdout().truncated());
    }

    @Test
    void outputOverWhatIsKeptIsNoFloodAndHeardInFull() throws Exception {
        var stdout = new AtomicLong();
        var stderr = new AtomicLong();
        var listener =
                new Stage.OutputListener() {
                    @Override
                    public void printed(byte[] bytes, int length) {
                        stderr.addAndGet(length);
                    }

                    @Override
                    public void printedToStdout(byte[] bytes, int length) {
                        stdout.addAndGet(length);
                    }
                };

        Ending ending =
                run(
                        perl("print 'x' x 1048576; print STDERR 'y' x 70000; exit 3")
                                .outputKib(1024)
                                .keptKib(4)
                                .listener(listener));

        assertEquals(new Exited(3), ending.how());
        assertEquals(1 << 20, stdout.get());
        assertEquals(70_000, stderr.get());
        assertEquals("x".repeat(4096), out(ending));
        assertEquals("y".repeat(4096), err(ending));
        assertTrue(ending.stdout().truncated());
        assertTrue(ending.stderr().truncated());
    }

    @Test
    void oneByteOverWhatMayBePrintedIsAFloodHoweverMuchIsKept() throws Exception {
        Ending ending = run(perl("$| = 1; print 'x' x 8193; sleep 900").outputKib(8).keptKib(1024));

        assertEquals(new Flooded(), ending.how());
        assertEquals(8192, ending.stdout().bytes().length);
        assertTrue(ending.stdout().truncated());
    }

    @Test
    void aFloodOnBothStreamsIsStoppedBeforeItsLimitsAndWhatCameBeforeTheCapIsKept()
            throws Exception {
        Ending ending =
                run(
                        perl("syswrite $_, 'first' . 'x' x 8187 for *STDOUT, *STDERR;"
                                        + " while (1) { syswrite $_, 'more' for *STDOUT,"
                                        + " *STDERR }")
                                .capKib(8));

        assertEquals(new Flooded(), ending.how());
        assertEquals(8192, ending.stdout().bytes().length);
        assertEquals(8192, ending.stderr().bytes().length);
        assertTrue(ending.stdout().truncated() || ending.stderr().truncated());
        assertTrue(out(ending).startsWith("firstx"));
        assertTrue(err(ending).startsWith("firstx"));
        Duration cpu = java.util.Objects.requireNonNull(ending.usage().cpuTime());
        assertTrue(cpu.compareTo(Given.GENEROUS.cpuTime()) < 0, cpu.toString());
    }

    @Test
    void aProgramThatClosesItsStreamsIsWaitedFor() throws Exception {
        Ending ending = run(sh("exec 0<&- 1>&- 2>&-; sleep 0.2; exit 4"));

        assertEquals(new Exited(4), ending.how());
    }

    @Test
    void outputIsHeardWhileTheStageRuns() throws Exception {
        var cancellation = new Cancellation();
        FutureTask<Ending> running =
                startAndHear(sandbox, sh("echo hello; sleep 900"), cancellation);
        assertFalse(running.isDone());
        cancellation.cancel();
        assertEquals("hello\n", out(running.get(PATIENCE_SECONDS, TimeUnit.SECONDS)));
    }

    // Cancels and interrupts

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo so far; sleep 900",
                "trap '' TERM INT HUP; echo so far; while :; do sleep 1; done",
                "echo so far; while :; do :; done"
            })
    void aCancelStopsAStageThatWouldGoOnForEverAndKeepsWhatItPrinted(String script)
            throws Exception {
        var cancellation = new Cancellation();
        FutureTask<Ending> running = startAndHear(sandbox, sh(script), cancellation);

        cancellation.cancel();
        Ending ending = running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        assertEquals(new Ending.Cancelled(), ending.how());
        assertEquals("so far\n", out(ending));
        assertTrue(ending.usage().killed());
    }

    @Test
    void aStageCancelledBeforeItBeginsDoesNotRun() throws Exception {
        var cancellation = new Cancellation();
        cancellation.cancel();

        Ending ending = sandbox.run(sh("touch ran").stage(), cancellation);

        assertEquals(new Ending.Cancelled(), ending.how());
        assertNull(ending.usage().cpuTime());
        assertFalse(Files.exists(work.resolve("ran")));
    }

    @Test
    void aCancelAtAnyMomentOfTheStartIsACancelAndNothingOfTheStageLivesOn() throws Exception {
        for (long micros = 0; micros < 20_000; micros += 500) {
            var cancellation = new Cancellation();
            FutureTask<Ending> running =
                    start(() -> sandbox.run(sh("exec sleep 76").stage(), cancellation));
            spin(Duration.ofNanos(micros * 1000));
            cancellation.cancel();

            Ending ending = running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            assertEquals(new Ending.Cancelled(), ending.how(), "after " + micros + " µs");
        }
        assertNothingRuns("sleep\00076");
        assertWell(run(sh("echo next")));
    }

    /** Of moments within a millisecond no clock tells but that of a loop. */
    private static void spin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aStageWaitingForABoxIsCancelledWhereItWaits() throws Exception {
        var first = new Cancellation();
        FutureTask<Ending> running = startAndHear(sandbox, sh("echo; sleep 900"), first);
        assertEquals(new Sandbox.Boxes(1, 1, 0), sandbox.boxes());

        var second = new Cancellation();
        FutureTask<Ending> waiting = start(() -> sandbox.run(sh("echo").stage(), second));
        second.cancel();

        assertEquals(new Ending.Cancelled(), waiting.get(PATIENCE_SECONDS, TimeUnit.SECONDS).how());
        first.cancel();
        running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertEquals(new Sandbox.Boxes(1, 0, 0), sandbox.boxes());
    }

    @Test
    void anInterruptKillsTheStageAndIsRethrown() throws Exception {
        var heard = new CountDownLatch(1);
        Given given = sh("echo; sleep 77").listener((_, _) -> heard.countDown());
        var running = new FutureTask<Ending>(() -> sandbox.run(given.stage(), new Cancellation()));
        Thread thread = Thread.startVirtualThread(running);
        assertTrue(heard.await(PATIENCE_SECONDS, TimeUnit.SECONDS));

        thread.interrupt();

        var e =
                assertThrows(
                        ExecutionException.class,
                        () -> running.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertInstanceOf(InterruptedException.class, e.getCause());
        assertNothingRuns("sleep\00077");
        assertWell(run(sh("echo next")));
    }

    @Test
    void anInterruptThatCameBeforeIsRethrown() throws Exception {
        Thread.currentThread().interrupt();

        assertThrows(InterruptedException.class, () -> run(sh("echo; sleep 79")));

        assertNothingRuns("sleep\00079");
        assertWell(run(sh("echo next")));
    }

    @Test
    void anInterruptMayComeAtAnyMoment() throws Exception {
        for (int i = 0; i < 40; i++) {
            var running =
                    new FutureTask<Ending>(
                            () -> sandbox.run(sh("sleep 83").stage(), new Cancellation()));
            Thread thread = Thread.ofPlatform().start(running);
            long then = System.nanoTime() + i * 500_000L;
            while (System.nanoTime() < then) {
                Thread.onSpinWait();
            }

            thread.interrupt();

            var e =
                    assertThrows(
                            ExecutionException.class,
                            () -> running.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertInstanceOf(InterruptedException.class, e.getCause());
        }
        assertNothingRuns("sleep\00083");
        assertWell(run(sh("echo next")));
    }

    @Test
    void anEngineThatIsKilledIsAFaultAndNothingOfTheStageLivesOn() throws Exception {
        FutureTask<Ending> running =
                startAndHear(sandbox, sh("echo; sleep 81"), new Cancellation());

        killEngine();

        var e =
                assertThrows(
                        ExecutionException.class,
                        () -> running.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals("sandbox", assertInstanceOf(Fault.class, e.getCause()).step());
        assertNothingRuns("sleep\00081");
        assertWell(run(sh("echo next")));
    }

    /** This process's own child, isolate or runc, that runs a stage of this test. */
    private void killEngine() throws IOException {
        for (ProcessHandle child : ProcessHandle.current().children().toList()) {
            Path line = Path.of("/proc/" + child.pid() + "/cmdline");
            if (Files.readString(line, ISO_8859_1).contains(home.toString())) {
                child.destroyForcibly();
            }
        }
    }

    // What a box is

    @Test
    void argumentsAndEnvironmentArriveAsTheyAre() throws Exception {
        var environment = new HashMap<String, String>();
        environment.put("LINES", "one\ntwo\n");
        environment.put("EQUALS", "a=b=c");
        environment.put("SPACES", "  x  ");
        environment.put("EMPTY", "");
        environment.put("ODD", "\u00e4\u20ac\ud83d\ude00'\"$(id)`id`\\");
        Given given =
                perl(
                                "print join '|', @ARGV; print \"\\n\";"
                                        + " print map \"$_=[$ENV{$_}]\", sort keys %ENV",
                                "a b", "'\"", "x\ny", "", "$HOME", "\u00e9")
                        .environment(environment);

        Ending ending = run(given);

        assertWell(ending);
        assertEquals(
                "a b|'\"|x\ny||$HOME|\u00e9\nEMPTY=[]EQUALS=[a=b=c]LINES=[one\ntwo\n]"
                        + "ODD=[\u00e4\u20ac\ud83d\ude00'\"$(id)`id`\\]SPACES=[  x  ]",
                out(ending));
    }

    @Test
    void nothingOfTheWorkersEnvironmentArrives() throws Exception {
        Ending ending = run(Given.command(work, "/usr/bin/env").environment(Map.of()));

        assertWell(ending);
        assertEquals("", out(ending));
    }

    @Test
    void theWorkDirectoryIsBoxAndTheCurrentDirectoryAndWritable() throws Exception {
        Trees.write(work, "in", "given".getBytes(UTF_8), false);

        Ending ending = run(sh("pwd; cat in; echo made > out; mkdir d; mv in d/in"));

        assertWell(ending);
        assertEquals("/box\ngiven", out(ending));
        assertEquals("made\n", Files.readString(work.resolve("out")));
        assertEquals("given", Files.readString(work.resolve("d/in")));
    }

    @Test
    void theHostIsNotVisible() throws Exception {
        Ending ending =
                run(
                        sh(
                                "for d in /var /root /home /opt /run /sys /mnt /srv; do"
                                        + " [ -n \"$(ls -A $d 2>/dev/null)\" ] && echo $d; done;"
                                        + " ls -d "
                                        + home
                                        + " 2>/dev/null; exit 0"));

        assertWell(ending);
        assertEquals("", out(ending));
    }

    @Test
    void theUserHasANameAndAGroupOfItsOwn() throws Exception {
        Ending ending =
                run(
                        sh(
                                "whoami; id -un; id -gn; getent passwd $(id -u) | cut -d: -f1,6,7;"
                                        + " getent passwd box | cut -d: -f3 | grep -qx $(id -u) && echo"
                                        + " same; getent group $(id -g) | cut -d: -f1; perl -e 'print"
                                        + " +(getpwuid $<)[7]'"));

        assertEquals("box\nbox\nbox\nbox:/box:/bin/sh\nsame\nbox\n/box", out(ending), err(ending));
    }

    @Test
    void localNamesAreKnownWithoutANetwork() throws Exception {
        String address = "print join(q(.), unpack q(C4), gethostbyname shift), qq(\\n)";

        Ending ending =
                run(
                        sh(
                                "getent hosts localhost | sed 's/ .*//'; for h in localhost $(cat"
                                        + " /etc/hostname); do perl -e '"
                                        + address
                                        + "' $h; done; cat /etc/hostname; cat /etc/resolv.conf"
                                        + " 2>/dev/null; :"));

        assertEquals("::1\n127.0.0.1\n127.0.1.1\nbox\n", out(ending), err(ending));
    }

    @Test
    void theNameServersOfTheHostAreThereWithTheNetwork() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/etc/resolv.conf")), "the host has no resolv.conf");

        Ending ending = run(sh("cat /etc/resolv.conf; head -1 /etc/hosts").online());

        assertEquals(
                Files.readString(Path.of("/etc/resolv.conf")) + "127.0.0.1 localhost\n",
                out(ending));
    }

    /** Debian's are links by way of /etc/alternatives. */
    @Test
    void theToolsOfTheHostAreAllThere() throws Exception {
        List<String> tools = new ArrayList<>();
        for (String tool : List.of("awk", "cc", "c++", "javac", "java", "pager", "which", "nawk")) {
            if (Files.isExecutable(Path.of("/usr/bin", tool))) {
                tools.add(tool);
            }
        }

        Ending ending =
                run(
                        sh(
                                "for t in "
                                        + String.join(" ", tools)
                                        + "; do command -v $t || echo no $t; done"));

        assertEquals(
                tools.stream().map(tool -> "/usr/bin/" + tool).toList(),
                out(ending).lines().toList());
    }

    @Test
    void whatAToolLooksForInEtcIsThere() throws Exception {
        for (String name :
                List.of("ld.so.cache", "ssl/certs", "localtime", "mime.types", "fonts")) {
            Path host = Path.of("/etc", name);
            if (Files.exists(host)) {
                assertEquals("yes\n", out(run(sh("test -e /etc/" + name + " && echo yes"))), name);
            }
        }
        assertEquals("yes\n", out(run(sh("grep -q ' /box ' /etc/mtab && echo yes"))));
    }

    @Test
    void theSystemCannotBeWritten() throws Exception {
        Ending ending =
                run(
                        sh(
                                "for d in / /bin /lib /usr /dev /etc /etc/box /etc/ssl /proc"
                                        + " /usr/bin; do (echo x > $d/boxcar-test) 2>/dev/null && echo"
                                        + " $d; done; exit 0"));

        assertWell(ending);
        assertEquals("", out(ending));
    }

    @Test
    void theProgramIsAnUnprivilegedUserWithoutCapabilities() throws Exception {
        Ending ending =
                run(sh("id -u; id -G; grep -E 'CapPrm|CapEff|CapInh|CapAmb' /proc/self/status"));

        List<String> lines = out(ending).lines().toList();
        int uid = Integer.parseInt(lines.getFirst());
        assertTrue(uid > 1000, out(ending));
        assertEquals(Integer.toString(uid), lines.get(1));
        assertEquals(4, lines.stream().filter(l -> l.endsWith("\t0000000000000000")).count());
    }

    @Test
    void onlyItsOwnProcessesAreVisible() throws Exception {
        Ending ending =
                run(
                        perl(
                                "for (glob '/proc/[0-9]*') { open F, '<', \"$_/environ\" or next;"
                                        + " $n++ } print $n"));

        assertEquals("1", out(ending));
    }

    @Test
    void devicesAreFew() throws Exception {
        Ending ending =
                run(
                        sh(
                                "echo x > /dev/null && head -c 3 /dev/zero | wc -c && head -c 3"
                                        + " /dev/urandom | wc -c; find /dev ! -type d ! -type l | sort"
                                        + " | grep -vE"
                                        + " '^/dev/(null|zero|full|random|urandom|tty|ptmx|console)$'"));

        assertEquals("3\n3\n", out(ending));
    }

    @Test
    void standardStreamsCanBeOpenedByName() throws Exception {
        Ending ending = run(sh("ls -l /dev/stdout /dev/stderr >/dev/null && echo yes"));

        assertEquals("yes\n", out(ending));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mount | syscall(165, 'none', '/tmp', 'tmpfs', 0, 0)",
                "unshare user | syscall(272, 0x10000000)",
                "set the clock | syscall(227, 0, pack('q2', 1, 1))",
                "keyctl | syscall(250, 0, -4, 1) >= 0 ? 0 : -1",
                "chroot | chroot('/tmp') ? 0 : -1",
                "mknod | syscall(133, '/tmp/n', 0020666, 0x103)",
                "io_uring | syscall(425, 1, \"\\0\" x 120) >= 0 ? 0 : -1"
            })
    void whatOnlyAnAdministratorMayDoIsRefused(String name, String call) throws Exception {
        assumeTrue(System.getProperty("os.arch", "").equals("amd64"), "numbers are of x86-64");
        assumeTrue(
                !sandbox.engine().version().startsWith("1.")
                        || engine() == Choice.RUNC
                        || !List.of("keyctl", "io_uring").contains(name),
                "isolate 1 has no filter for this call");

        Ending ending =
                run(
                        perl(
                                "sub c { my ($n, @a) = @_; syscall $n, @a } print(("
                                        + call.replace("syscall", "c")
                                        + ") == 0 ? 'did it' : 'refused')"));

        assertEquals("refused", out(ending), name);
    }

    @Test
    void theNetworkIsTheLoopbackOfTheBox() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String connect =
                    "use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die; print"
                            + " connect(S, sockaddr_in($ARGV[0], inet_aton('127.0.0.1'))) ? 'in' :"
                            + " 'out'; open N, '<', '/proc/net/dev'; print map"
                            + " { /^\\s*(\\w+):/ ? \" $1\" : () } <N>";
            String port = Integer.toString(server.getLocalPort());

            assertEquals("out lo", out(run(perl(connect, port))).replaceAll("(?<= lo) .*", ""));
            assertTrue(out(run(perl(connect, port).online())).startsWith("in "));
        }
    }

    @Test
    void aServerOfItsOwnWorksOnTheLoopback() throws Exception {
        String both =
                "use Socket; socket(L, PF_INET, SOCK_STREAM, 0); bind(L, sockaddr_in(7000,"
                        + " INADDR_LOOPBACK)) or die; listen(L, 1); if (!fork) { socket(S, PF_INET,"
                        + " SOCK_STREAM, 0); connect(S, sockaddr_in(7000, INADDR_LOOPBACK)) or die"
                        + " $!; syswrite S, 'hi'; exit } accept(C, L); print <C>";

        assertEquals("hi", out(run(perl(both))));
    }

    // What a stage leaves

    @Test
    void theNextStageFindsNothingOfTheOneBefore() throws Exception {
        String write =
                "umask 0; echo x > /tmp/left; echo x > /dev/shm/left; mkdir -m 0700 /tmp/d;"
                        + " echo x > /tmp/d/f; mkdir -m 0 /tmp/e; ipcmk -M 4096 >/dev/null;"
                        + " ln -s /etc /tmp/link; mkfifo /tmp/fifo";
        assertWell(run(sh(write)));

        Ending ending = run(sh("ls -A /tmp /dev/shm; ipcs -m | grep -c 0x; ls -A /box"));

        assertEquals("/dev/shm:\n\n/tmp:\n0\n", out(ending));
    }

    @Test
    void whatIsLeftRunningIsDead() throws Exception {
        String leave =
                "for (1..3) { if (!fork) { setpgrp; if (!fork) { syscall(112); $SIG{TERM} ="
                        + " $SIG{HUP} = 'IGNORE'; close STDOUT; close STDERR; close STDIN; exec"
                        + " 'sleep', '78' } exit } wait } print 'left'";

        Ending ending = run(perl(leave));

        assertWell(ending);
        assertEquals("left", out(ending));
        assertNothingRuns("sleep\00078");
    }

    @Test
    void aProgramThatLeavesAChildOnItsStreamsEndsWhenItEnds() throws Exception {
        // isolate 2.6 fails if it finds the child before it has looked for the program itself.
        Ending ending = runOrTryAgain(sh("sleep 0.05; sleep 979 & echo done"));

        assertWell(ending);
        assertEquals("done\n", out(ending));
        assertNothingRuns("sleep\000979");
    }

    @Test
    void aStageFindsWhatTheOneBeforeLeftInItsWorkDirectoryButNoSpecialFiles() throws Exception {
        Ending first =
                run(
                        sh(
                                "echo '#!/bin/sh\necho ran' > prog; chmod 4755 prog; mkfifo fifo;"
                                        + " mkdir -m 0700 closed; echo x > closed/f; ln -s"
                                        + " /etc/shadow link"));
        assertWell(first);

        Ending second = run(sh("./prog; cat closed/f; ls -p; stat -c %a prog"));

        assertWell(second);
        assertEquals("ran\nx\nclosed/\nlink\nprog\n755\n", out(second));
        assertTrue(Files.isSymbolicLink(work.resolve("link")));
        assertFalse(Files.exists(work.resolve("fifo"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void aFolderWithMode0700IsCleanedUp() throws Exception {
        assertWell(run(sh("mkdir -m 0700 d && touch d/f && chmod 0 d")));

        Trees.delete(work);

        assertFalse(Files.exists(work));
    }

    // Binds

    @Test
    void aBoundFolderIsVisibleWhereAskedAndReadOnly() throws Exception {
        Path lib = Files.createDirectory(home.resolve("lib-" + System.nanoTime()));
        Files.setAttribute(lib, "unix:mode", 0777);
        Files.writeString(lib.resolve("f"), "bound");
        Path open = Files.createDirectory(lib.resolve("open"));
        Files.setAttribute(open, "unix:mode", 0777);

        Ending ending =
                run(
                        sh("cat /runtime/deep/f; touch /runtime/deep/g || echo no; touch /open/g")
                                .binds(
                                        Bind.readOnly(lib, "/runtime/deep"),
                                        new Bind(open, "/open", true)));

        assertWell(ending);
        assertEquals("boundno\n", out(ending));
        assertTrue(Files.exists(open.resolve("g")));
        assertEquals("", out(run(sh("ls -A /runtime /open 2>/dev/null; :"))));
    }

    @Test
    void aBindBelowTheSystemWorksOnlyWhereThereIsAPlaceForIt() throws Exception {
        Path lib = Files.createDirectory(home.resolve("lib-" + System.nanoTime()));
        Files.writeString(lib.resolve("f"), "bound");

        Fault e =
                assertThrows(
                        Fault.class,
                        () -> run(sh("").binds(Bind.readOnly(lib, "/usr/no/such/place"))));

        assertEquals(Fault.Next.GIVE_UP, e.next());
        assertEquals(
                lib
                        + " cannot be bound at /usr/no/such/place: that lies below /usr, and"
                        + " /usr/no/such/place is no folder",
                e.getMessage());
        assertEquals(
                "bound", out(run(sh("cat /usr/share/f").binds(Bind.readOnly(lib, "/usr/share")))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc", "/etc/box", "/etc/ssl", "/dev", "/box/x", "/proc"})
    void nothingIsBoundOverWhatBelongsToTheBox(String inside) throws Exception {
        Fault e = assertThrows(Fault.class, () -> run(sh("").binds(Bind.readOnly(work, inside))));

        assertEquals(
                "%s cannot be bound at %s: /%s belongs to the box"
                        .formatted(work, inside, inside.split("/", -1)[1]),
                e.getMessage());
    }

    @Test
    void theConfigurationOfNixIsThereForAnInstallationOnly() throws Exception {
        Path nix = Files.createDirectory(home.resolve("nix-" + System.nanoTime()));
        Files.writeString(nix.resolve("nix.conf"), "conf");

        assertEquals(
                "conf",
                out(run(sh("cat /etc/nix/nix.conf").binds(Bind.readOnly(nix, "/etc/nix")))));
        assertEquals("0\n", out(run(sh("ls /etc/nix | wc -l"))));
    }

    // Boxes

    @Test
    void twoPoolsNeverHoldTheSameBoxAndOneWithNoneSaysSo() throws Exception {
        var narrow =
                new SandboxSettings(
                        engine(),
                        program(),
                        program(),
                        FIRST_BOX,
                        FIRST_BOX,
                        1,
                        home.resolve("locks"));

        Fault e = assertThrows(Fault.class, () -> Sandboxes.open(narrow));

        assertEquals("box", e.step());
        assertTrue(
                String.valueOf(e.getMessage())
                        .startsWith(
                                "all boxes from 900 to 900 are held by other replicas on this"
                                        + " host"),
                e.getMessage());
    }

    @Test
    void stagesOfSeveralBoxesRunAtOnceAndDoNotSeeEachOther() throws Exception {
        try (Sandbox two = Sandboxes.open(settings(2))) {
            var cancellation = new Cancellation();
            Path other = Files.createTempDirectory(home, "work");
            String script = "echo x > /tmp/mine; echo x > /dev/shm/mine; echo here; sleep 900";
            String look =
                    "{ ls /tmp /dev/shm; ls "
                            + work
                            + " 2>/dev/null; ps axo comm 2>/dev/null | grep -c sleep; } > seen;"
                            + " cat seen; sleep 900";

            FutureTask<Ending> first = startAndHear(two, Given.sh(work, script), cancellation);
            FutureTask<Ending> second = startAndHear(two, Given.sh(other, look), cancellation);

            assertFalse(first.isDone());
            cancellation.cancel();
            assertEquals("here\n", out(first.get(PATIENCE_SECONDS, TimeUnit.SECONDS)));
            assertEquals(
                    "/dev/shm:\n\n/tmp:\n0\n", out(second.get(PATIENCE_SECONDS, TimeUnit.SECONDS)));
            Trees.delete(other);
        }
    }

    @Test
    void whereAFolderWasBoundTheNextStageOfTheBoxFindsNothing() throws Exception {
        try (Sandbox one = Sandboxes.open(settings(1))) {
            Path other = Files.createDirectory(home.resolve("bound"));
            Files.writeString(other.resolve("file"), "x");
            Given bound =
                    sh("cat /runtime/deep/down/file")
                            .binds(Bind.readOnly(other, "/runtime/deep/down"));
            assertEquals("x", out(one.run(bound.stage(), new Cancellation())));

            Ending next = one.run(sh("ls -d /runtime* 2>/dev/null").stage(), new Cancellation());

            assertEquals("", out(next));
        }
    }

    @Test
    void closingKillsWhatRuns() throws Exception {
        Sandbox closing = Sandboxes.open(settings(1));
        FutureTask<Ending> running =
                startAndHear(closing, sh("echo; sleep 80"), new Cancellation());

        closing.close();

        var e =
                assertThrows(
                        ExecutionException.class,
                        () -> running.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(
                "the sandbox was closed while the stage ran",
                assertInstanceOf(Fault.class, e.getCause()).getMessage());
        assertNothingRuns("sleep\00080");
    }

    private static FutureTask<Ending> start(Callable<Ending> callable) {
        var task = new FutureTask<>(callable);
        Thread.startVirtualThread(task);
        return task;
    }

    /** Starts a stage and waits until it has printed something. */
    private static FutureTask<Ending> startAndHear(
            Sandbox sandbox, Given given, Cancellation cancellation) throws Exception {
        var heard = new CountDownLatch(1);
        Given loud = given.listener((_, _) -> heard.countDown());
        FutureTask<Ending> running = start(() -> sandbox.run(loud.stage(), cancellation));
        assertTrue(heard.await(PATIENCE_SECONDS, TimeUnit.SECONDS));
        return running;
    }

    /** Looks for a command line, arguments separated by NUL, anywhere on the host. */
    private static void assertNothingRuns(String arguments) throws IOException {
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                String line;
                try {
                    line = new String(Files.readAllBytes(process.resolve("cmdline")), ISO_8859_1);
                } catch (IOException _) {
                    continue;
                }
                assertFalse(line.contains(arguments), line);
            }
        }
    }
}
