package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.files.Trees;
import boxcar.job.Bind;
import boxcar.job.Cancellation;
import boxcar.job.Disk;
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
import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Told;
import boxcar.reliability.Tried;
import boxcar.sandbox.SandboxSettings.Choice;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What programs that mean harm get from every engine. One box for the whole class; after each test
 * another stage looks about in it and must find nothing.
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
abstract class HostileCodeContract implements Told {
    private static final int FIRST_BOX = 981;
    private static final int LAST_BOX = 995;
    private static final int DISK_KIB = 32 * 1024;

    /** What a program may use above its CPU time before a busy host stops it. */
    private static final Duration CPU_MARGIN = Duration.ofSeconds(3);

    /** Above what the busiest host needs; a test that waits so long hangs. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The program itself is soon forked away, and its orphans are busy. */
    private static final String ORPHANS =
            "for (1..4) { next if fork; exit if fork; syscall 112; 1 while 1 } sleep 900";

    /** As syscall, which would change its strings, and so refuses constants. */
    private static final String CALL =
            "sub c { my @a = @_; my $n = shift @a; return syscall $n, @a } ";

    /** Ends by 7 if there is no room, by 8 if it is anything else, and says how much it had. */
    private static final String FULL =
            "my $n = 0; sub full { print $n; exit($! == 28 ? 7 : 8) }"
                    + " sub put { my $w = syswrite $_[0], $_[1] or full(); $n += $w } ";

    private Path home = Path.of("unset");
    private Disk disk = new NoDisk();
    private Sandbox sandbox = new NoSandbox();
    private int uid;
    private String outcome = "";

    abstract Choice choice();

    abstract String program();

    @BeforeAll
    void openSandbox() throws Exception {
        home = Files.createTempDirectory("hostile-test");
        // Only the sandbox keeps programs from what lies in it.
        Files.setAttribute(home, "unix:mode", 0755);
        try {
            sandbox =
                    Sandboxes.open(
                            new SandboxSettings(
                                    choice(),
                                    program(),
                                    program(),
                                    FIRST_BOX,
                                    LAST_BOX,
                                    1,
                                    home.resolve("locks"),
                                    DISK_KIB));
        } catch (Fault e) {
            System.out.println("SKIPPED engine " + program() + ": " + e.getMessage());
            abort(program() + ": " + e.getMessage());
        }
        try (Disk first = sandbox.disk()) {
            var told = new CompletableFuture<String>();
            var stage =
                    new FutureTask<>(() ->
                            run(
                                    Given.sh(
                                                    first.path(),
                                                    "id -u; until test -e go; do sleep 0.02; done")
                                            .listener((bytes, length) ->
                                                    told.complete(
                                                            new String(bytes, 0, length, UTF_8)))));
            Thread.ofVirtual().start(stage);
            uid = Integer.parseInt(told.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).strip());
            // So that the look for survivors is known not to be blind.
            assertFalse(Residents.of(uid).isEmpty());
            Files.writeString(first.path().resolve("go"), "");
            assertEquals(new Exited(0), stage.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).how());
        }
    }

    @AfterAll
    void closeSandboxAndFindNothingLeft() throws Exception {
        disk.close();
        sandbox.close();
        assertFalse(Files.readString(Path.of("/proc/self/mounts")).contains(home.toString()));
        Trees.delete(home);
    }

    @BeforeEach
    void lendDisk() throws Exception {
        disk = sandbox.disk();
        outcome = "";
    }

    @Override
    public String engine() {
        return sandbox.engine().name() + " " + sandbox.engine().version();
    }

    @Override
    public String outcome() {
        return outcome;
    }

    /**
     * Nothing of the box's user lives on the host; this is looked at first, since the next stage is
     * in a process namespace of its own. Then the next stage in the same box, with a new work
     * directory.
     */
    @AfterEach
    void nothingLivesOnAndTheNextStageSeesNothing(TestInfo test) throws Exception {
        assertEquals(List.of(), Residents.of(uid), test.getDisplayName() + " lives on");
        disk.close();
        disk = sandbox.disk();
        Ending next =
                run(
                        sh(
                                """
                                ls -A /box /tmp /dev/shm | grep -v -e : -e '^$'
                                tail -qn +2 /proc/sysvipc/shm /proc/sysvipc/msg /proc/sysvipc/sem
                                tail -n +2 /proc/net/unix
                                grep -l . /proc/[0-9]*/comm | wc -l
                                """));
        disk.close();
        assertEquals(new Exited(0), next.how(), err(next));
        // The shell, grep, and what the engine has as the first process; a zombie has a comm too.
        String seen = out(next).strip();
        assertTrue(seen.matches("[1-4]"), test.getDisplayName() + " left: " + seen);
    }

    /**
     * isolate 2.6 fails now and then when a program leaves a child and is gone
     * (docs/reliability.md, what is known). To a worker that is a fault, after which a job is tried
     * again; so it is here.
     */
    private Ending runOrTryAgain(Stage stage) throws Fault, InterruptedException {
        try {
            return sandbox.run(stage, new Cancellation());
        } catch (Fault e) {
            if (!String.valueOf(e.getMessage()).contains("unexpected children found")) {
                throw e;
            }
            System.out.println("AGAIN after: " + e.getMessage());
            return sandbox.run(stage, new Cancellation());
        }
    }

    /**
     * Whatever a stage does, it ends, and uses no more than its CPU time. That it ends with its
     * wall time, a program that never ends by itself tells by the way in which it ended.
     */
    private Ending run(Given given) throws Fault, InterruptedException {
        Ending ending = runOrTryAgain(given.stage());
        outcome = HostileWords.also(outcome, ending);
        Duration cpu = ending.usage().cpuTime();
        Duration mostCpu = given.limits().cpuTime().plus(CPU_MARGIN);
        assertTrue(
                cpu == null || cpu.compareTo(mostCpu) < 0,
                "used " + cpu + " of the processor, may use " + mostCpu);
        return ending;
    }

    private Given sh(String script) {
        return Given.sh(disk.path(), script);
    }

    private Given perl(String script, String... args) {
        return Given.perl(disk.path(), script, args);
    }

    private static String out(Ending ending) {
        return new String(ending.stdout().bytes(), UTF_8);
    }

    private static String err(Ending ending) {
        return new String(ending.stderr().bytes(), UTF_8);
    }

    private void needGroups() {
        assumeTrue(
                sandbox.engine().memory() == MemoryLimit.GROUP, "the engine has no group limits");
    }

    private static void needX86() {
        assumeTrue(
                "amd64".equals(System.getProperty("os.arch")), "system calls are numbered for it");
    }

    /** On the host, as the user that programs in the box have. */
    private Finished onTheHost(String... command) throws Exception {
        String user = Integer.toString(uid);
        var words = new ArrayList<>(List.of("setpriv", "--reuid", user, "--regid", user));
        words.add("--clear-groups");
        words.addAll(List.of(command));
        return OsProcess.run(Command.tool(words), PATIENCE);
    }

    /** Compiles on the host into the work directory. */
    private void compile(String source) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "no gcc");
        Path file = Files.writeString(home.resolve("hostile.c"), source);
        var gcc =
                OsProcess.run(
                        Command.tool(
                                List.of(
                                        "gcc",
                                        "-pthread",
                                        "-o",
                                        disk.path().resolve("hostile").toString(),
                                        file.toString())),
                        PATIENCE);
        assertTrue(gcc.well(), gcc.evidence());
    }

    // Processor

    @Tried(
            "Fork bomb: plain; ignoring every signal with `setsid`; hopping from process to"
                    + " process; of sleepers")
    @Must("CPU or wall time-out, or its own exit, within the limits")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "time-out | while (1) { fork }",
                "time-out | $SIG{$_} = 'IGNORE' for keys %SIG; while (1) { fork; syscall 112 }",
                "exit or time-out | while (1) { exit if fork }",
                "time-out | while (1) { fork and exec '/bin/sleep', 900 }"
            })
    void aForkBombEndsWithItsLimits(String ends, String bomb) throws Exception {
        Ending ending =
                run(
                        perl("fork; " + bomb)
                                .wall(Duration.ofSeconds(2))
                                .cpu(Duration.ofSeconds(1))
                                .processes(40));

        boolean exits = ends.startsWith("exit") && ending.how().equals(new Exited(0));
        assertTrue(
                exits || ending.how() instanceof CpuTimeout || ending.how() instanceof WallTimeout,
                ending.toString());
    }

    @Tried("Busy orphans whose program is gone")
    @Must("they die with it, or CPU time-out")
    @Test
    void theTimeOfOrphansCounts() throws Exception {
        needGroups();
        Ending ending = run(perl(ORPHANS).cpu(Duration.ofSeconds(1)));

        // The program ends at once here, and its orphans with it, or they are stopped by time.
        assertTrue(
                ending.how() instanceof CpuTimeout || ending.how().equals(new Exited(0)),
                ending.toString());
    }

    @Tried("Four busy loops, forked twice and `setsid`, while the program sleeps")
    @Must("CPU time-out by their sum")
    @Test
    void theTimeOfOrphansOfAProgramThatWaitsCounts() throws Exception {
        needGroups();
        String script =
                "for (1..4) { if (!fork) { exit if fork; syscall 112; 1 while 1 } wait } sleep 900";

        Ending ending = run(perl(script).cpu(Duration.ofSeconds(1)));

        assertEquals(new CpuTimeout(), ending.how());
        assertEquals("TO", ending.status());
        Duration cpu = ending.usage().cpuTime();
        assertTrue(cpu != null && cpu.toMillis() >= 1000, "" + cpu);
        assertTrue(ending.usage().killed());
    }

    @Tried("Endless short-lived orphans")
    @Must("CPU time-out")
    @Test
    void theTimeOfShortLivedOrphansCounts() throws Exception {
        needGroups();
        String script = "while (1) { if (!fork) { exit if fork; for (1..400000) { } exit } wait }";

        Ending ending = run(perl(script).cpu(Duration.ofSeconds(1)));

        assertEquals(new CpuTimeout(), ending.how());
    }

    @Tried("Nine busy threads")
    @Must("CPU time-out by their sum")
    @Test
    void busyLoopsInManyThreadsEndByTheirSum() throws Exception {
        compile(
                """
                #include <pthread.h>
                static void *loop(void *x) { for (;;) ; }
                int main(void) {
                    pthread_t t;
                    for (int i = 0; i < 8; i++) pthread_create(&t, 0, loop, 0);
                    loop(0);
                }
                """);

        Ending ending = run(Given.command(disk.path(), "/box/hostile").cpu(Duration.ofSeconds(1)));

        assertEquals(new CpuTimeout(), ending.how());
    }

    @Tried("A first thread that ends while another one spins, or sleeps: the process looks dead")
    @Must("CPU or wall time-out; dead")
    @ParameterizedTest
    @ValueSource(strings = {"for (;;) ;", "for (;;) sleep(1);"})
    void aProcessWhoseFirstThreadHasEndedMeetsItsLimits(String loop) throws Exception {
        compile(
                """
                #include <pthread.h>
                #include <sys/syscall.h>
                #include <unistd.h>
                static void *loop(void *x) { %s }
                int main(void) {
                    pthread_t t;
                    pthread_create(&t, 0, loop, 0);
                    syscall(SYS_exit, 0);
                }
                """
                        .formatted(loop));

        Ending ending =
                run(
                        Given.command(disk.path(), "/box/hostile")
                                .cpu(Duration.ofSeconds(1))
                                .wall(loop.contains("sleep") ? Duration.ofSeconds(3) : PATIENCE));

        assertEquals(
                loop.contains("sleep") ? new WallTimeout() : new CpuTimeout(),
                ending.how(),
                ending.toString());
    }

    @Tried("A program that calls itself `x) y`, as nobody expects it in /proc/PID/stat")
    @Must("its own exit; CPU time-out where it spins")
    @Test
    void aNameThatNobodyExpectsChangesNothing() throws Exception {
        String name = "$0 = 'x) y'; open N, '<', '/proc/self/comm'; print <N>;";

        Ending slept = run(perl(name + " select undef, undef, undef, 0.4; print 'slept'"));
        Ending spun = run(perl(name + " 1 while 1").cpu(Duration.ofSeconds(1)));

        assertEquals(new Exited(0), slept.how(), slept.toString());
        assertEquals("x) y\nslept", out(slept));
        assertEquals(new CpuTimeout(), spun.how(), spun.toString());
    }

    @Tried("Four open files, the fewest that a job may ask for")
    @Must("it runs")
    @Test
    void aProgramRunsWithAsFewOpenFilesAsAJobMayAskFor() throws Exception {
        Ending ending =
                run(
                        perl("print open(F, '<', '/dev/null') ? 'one' : 'none'; print open(G, '<',"
                                        + " '/dev/null') ? ' two' : ''")
                                .openFiles(4));

        assertEquals(new Exited(0), ending.how(), err(ending));
        assertEquals("one", out(ending));
    }

    @Tried("Sleep for ever, every signal ignored")
    @Must("wall time-out")
    @Test
    void aSleepThatIgnoresEverySignalEndsByWallTime() throws Exception {
        Ending ending =
                run(
                        perl("$SIG{$_} = 'IGNORE' for keys %SIG; sleep 60 while 1")
                                .wall(Duration.ofSeconds(1)));

        assertEquals(new WallTimeout(), ending.how());
    }

    @Tried("A daemon: two forks, `setsid`, streams closed")
    @Must("dead when the stage ends; the program's own exit status")
    @Test
    void aDaemonDiesWithItsProgram() throws Exception {
        String script =
                "if (!fork) { syscall 112; exit if fork; close $_ for *STDIN, *STDOUT, *STDERR;"
                        + " exec '/bin/sleep', 4711 } wait; exit 3";

        assertEquals(new Exited(3), run(perl(script)).how());
        try (var pids = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path pid : pids) {
                Path line = pid.resolve("cmdline");
                String text = Files.exists(line) ? readOrNothing(line) : "";
                assertFalse(text.contains("sleep\0004711"), pid.toString());
            }
        }
    }

    private static String readOrNothing(Path file) {
        try {
            return new String(Files.readAllBytes(file), UTF_8);
        } catch (java.io.IOException _) {
            return "";
        }
    }

    // Memory

    @Tried("Arguments and environment of 900 kB, with a kilobyte of memory")
    @Must("out-of-memory kill")
    @Test
    void argumentsThatAreMoreThanTheMemoryAreAMemoryKill() throws Exception {
        needGroups();
        var environment = new HashMap<String, String>();
        for (String name : List.of("A", "B", "C", "D")) {
            environment.put(name, "x".repeat(125_000));
        }
        String large = "y".repeat(131_000);

        Ending ending =
                run(perl("print 1", large, large, large).environment(environment).memoryKib(1));

        assertEquals(new Signalled(9), ending.how(), ending.toString());
        assertTrue(ending.usage().oomKilled());
        assertEquals("", out(ending));
    }

    @Tried(
            "Files in /dev/shm, page by page, until the kernel kills somebody, by a thread whose"
                    + " process looks dead")
    @Must("out-of-memory kill; dead")
    @Test
    void whoMakesTheKernelKillTheEngineIsToldAMemoryKill() throws Exception {
        needGroups();
        compile(
                """
                #define _GNU_SOURCE
                #include <fcntl.h>
                #include <pthread.h>
                #include <stdlib.h>
                #include <string.h>
                #include <sys/syscall.h>
                #include <unistd.h>
                static char all[65536];
                static long kills(void) {
                    int f = open("/proc/vmstat", 0), n = 0, r;
                    while ((r = read(f, all + n, sizeof all - 1 - n)) > 0) n += r;
                    close(f);
                    char *at = strstr(all, "\\noom_kill ");
                    return at ? atol(at + 10) : -1;
                }
                static void *loop(void *x) {
                    close(0); close(1); close(2);
                    usleep(100000);
                    long before = kills();
                    int f = open("/dev/shm/f", O_RDWR | O_CREAT, 0600);
                    for (long i = 0; i < 60000 && kills() == before; i++)
                        if (fallocate(f, 0, i * 4096, 4096)) break;
                    ftruncate(f, 0);
                    for (;;) sleep(1);
                }
                int main(void) {
                    pthread_attr_t a;
                    pthread_t t;
                    pthread_attr_init(&a);
                    pthread_attr_setstacksize(&a, 65536);
                    pthread_create(&t, &a, loop, 0);
                    syscall(SYS_exit, 0);
                }
                """);

        Ending ending =
                run(
                        Given.command(disk.path(), "/box/hostile")
                                .memoryKib(8192)
                                .fileSizeKib(1 << 20));

        assertEquals(new Signalled(9), ending.how(), ending.toString());
        assertTrue(ending.usage().oomKilled());
    }

    @Tried("180 TCP connections to itself, filled and never read")
    @Must("what lies in them is bounded as memory is, or counts as memory: an out-of-memory kill")
    @Test
    void whatLiesInTcpBuffersIsBounded() throws Exception {
        needGroups();
        needX86();
        String fill =
                CALL
                        + "use Socket; socket L, 2, 1, 6; bind L, sockaddr_in(0, INADDR_LOOPBACK)"
                        + " or die; listen L, 200; my $b = 'x' x 65000; my $n = 0; for (1..180) {"
                        + " socket my $s, 2, 1, 6 or die; connect $s, getsockname L or die; accept"
                        + " my $r, L or die; push @all, $s, $r; c 72, fileno $s, 4, 2048; while (my"
                        + " $w = syswrite $s, $b) { $n += $w } } print $n";

        Ending ending = run(perl(fill).memoryKib(32 * 1024).openFiles(400));

        if (ending.usage().oomKilled()) {
            return; // Of version 2: there they count as memory.
        }
        assertEquals(new Exited(0), ending.how(), ending + err(ending));
        long had = Long.parseLong(out(ending));
        assertTrue(had > 0 && had < 64 << 20, had + " bytes in TCP buffers");
    }

    @Tried("Memory bomb: heap, populated `mmap`, 16 processes")
    @Must("out-of-memory kill, peak at the limit")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "heap | my @a; push @a, 'x' x 1_000_000 while 1",
                "mmap | syscall 9, 0, 32 << 20, 3, 0x8022, -1, 0 for 1..40; sleep 1; exit 5",
                "processes | for (1..16) { my $p = fork; if (!$p) { $a = 'x' x 24_000_000; sleep"
                        + " 900 } push @p, $p } wait; kill 9, @p; 1 while wait > 0",
            })
    void aMemoryBombIsKilledForMemory(String kind, String script) throws Exception {
        needGroups();
        needX86();

        Ending ending = run(perl(script).memoryKib(128 * 1024));

        assertTrue(ending.usage().oomKilled(), kind + ": " + ending);
        Long peak = ending.usage().memoryKib();
        assertTrue(peak != null && peak <= 136 * 1024, kind + ": " + peak);
    }

    @Tried("60 MB of files in /dev/shm, /tmp, /box with 16 MiB of memory")
    @Must("out-of-memory kill, also where it hits the sandbox itself")
    @ParameterizedTest
    @ValueSource(strings = {"/dev/shm", "/tmp", "/box"})
    void filesInMemoryCountAsMemory(String folder) throws Exception {
        needGroups();
        Ending ending =
                run(
                        sh("cd "
                                        + folder
                                        + "; for i in 1 2 3 4 5 6; do head -c 10000000 /dev/zero >"
                                        + " $i || exit 5; done; sleep 1")
                                .memoryKib(16 * 1024));

        assertTrue(ending.usage().oomKilled(), ending.toString());
    }

    @Tried("A child is killed for memory, its parent exits 0")
    @Must("out of memory is told")
    @Test
    void aChildKilledForMemoryIsToldThoughItsParentIsWell() throws Exception {
        needGroups();
        Ending ending =
                run(
                        perl("if (!fork) { my @a; push @a, 'x' x 1_000_000 while 1 } wait; exit 0")
                                .memoryKib(64 * 1024));

        assertTrue(ending.usage().oomKilled(), ending.toString());
    }

    @Tried("Use the room of files that an earlier stage had cached")
    @Must("out-of-memory kill at the stage's own limit")
    @Test
    void whatAnEarlierStageCachedIsNoMemoryForTheNext() throws Exception {
        needGroups();
        Path ondisk = Files.createDirectory(home.resolve("cached"));
        Ending first =
                run(
                        Given.sh(ondisk, "head -c 60000000 /dev/zero > a; cat a > /dev/null")
                                .memoryKib(400 * 1024));
        assertEquals(new Exited(0), first.how(), err(first));

        Ending ending = run(perl("$a = 'x' x 60_000_000; exit 5").memoryKib(48 * 1024));

        Trees.delete(ondisk);
        assertTrue(ending.usage().oomKilled(), ending.toString());
    }

    // Streams

    @Tried("Eight processes flood stdout and stderr at once")
    @Must("stopped; what came before the cap is kept, to the byte")
    @Test
    void bothStreamsFloodedByManyProcessesEndSoon() throws Exception {
        Ending ending =
                run(
                        perl("syswrite STDERR, 'x' x 16384; fork for 1..3; while (1) {"
                                        + " syswrite $_, 'x' x 65536 for *STDOUT, *STDERR }")
                                .capKib(16));

        // The flood never ends by itself: what ended it is the cap, or a limit.
        assertEquals(new Flooded(), ending.how());
        assertEquals(16 * 1024, ending.stdout().bytes().length);
        assertEquals(16 * 1024, ending.stderr().bytes().length);
    }

    @Tried("One byte over the cap on stdout or stderr, then 15 s of sleep")
    @Must("stopped; what came before the cap is kept, to the byte")
    @ParameterizedTest
    @ValueSource(strings = {"STDOUT", "STDERR"})
    void aByteOverTheCapEndsAProgramThatWouldSleepOn(String stream) throws Exception {
        Ending ending =
                run(
                        perl("syswrite "
                                        + stream
                                        + ", 'x' x 16385; sleep 60; open F, '>', 'survived'; exit"
                                        + " 5")
                                .capKib(16));

        assertEquals(new Flooded(), ending.how());
        var kept = stream.equals("STDOUT") ? ending.stdout() : ending.stderr();
        assertEquals("x".repeat(16 * 1024), new String(kept.bytes(), UTF_8));
        assertFalse(Files.exists(disk.path().resolve("survived")), "it was not stopped");
    }

    @Tried("Streams opened by name, and `chmod` of them")
    @Must("they work; the next stage's are as new")
    @Test
    void streamsOpenedByNameWorkAndLeaveNothing() throws Exception {
        Ending ending =
                run(
                        sh("cat /dev/stdin > /dev/stderr; echo out > /dev/stdout;"
                                        + " chmod 0 /dev/stdin /dev/stdout /dev/stderr; exit 4")
                                .stdin("in"));

        assertEquals(new Exited(4), ending.how());
        assertEquals("out\n", out(ending));
        assertTrue(err(ending).startsWith("in"), err(ending));
        assertEquals("next\n", out(run(sh("echo next > /dev/stdout"))));
    }

    @Tried("Close all descriptors, go on for a second")
    @Must("its exit status")
    @Test
    void aProgramThatClosesEveryDescriptorIsAwaited() throws Exception {
        needX86();
        assertEquals(new Exited(6), run(perl("syscall 3, $_ for 0..1023; sleep 1; exit 6")).how());
    }

    @Tried("8 MiB on stdin, never read")
    @Must("wall time-out")
    @Test
    void stdinThatIsNeverReadStopsNobody() throws Exception {
        assertEquals(
                new WallTimeout(),
                run(sh("sleep 900").stdin(new byte[8 << 20]).wall(Duration.ofSeconds(1))).how());
    }

    // Files

    @Tried("40 MiB in many files, in files without a name, in filled holes; cap 32 MiB")
    @Must("the write fails for lack of space")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "many files | for (1..40) { open $f, '>', $_ or exit 9; put($f, 'x' x 1048576) }",
                "no name | for (1..40) { open $f[$_], '>', $_ or exit 9; unlink $_ or exit 10;"
                        + " put($f[$_], 'x' x 1048576) }",
                "sparse | for (1..40) { open $f, '>', $_ or exit 9; truncate $f, 1048576 or exit"
                        + " 10; for $o (0..255) { sysseek $f, $o * 4096, 0; put($f, 'x' x 4096) } }",
            })
    void theSumOfTheFilesOfAWorkDirectoryIsBounded(String kind, String script) throws Exception {
        Ending ending = run(perl(FULL + script));

        assertEquals(new Exited(7), ending.how(), kind + ": " + out(ending));
        assertNearly(DISK_KIB * 1024L, ending);
        assertEquals(!kind.equals("no name"), Trees.isFull(disk.path()));
    }

    @Tried("200,000 files in /box, /tmp, /dev/shm")
    @Must("making one fails for lack of space")
    @ParameterizedTest
    @ValueSource(strings = {"/box", "/tmp", "/dev/shm"})
    void inodesAreBounded(String folder) throws Exception {
        Ending ending =
                run(
                        perl(
                                        FULL
                                                + "chdir shift or exit 9; for (1..200_000) {"
                                                + " open $f, '>', $_ or full(); $n++ }",
                                        folder)
                                .memoryKib(1024 * 1024)
                                .cpu(Duration.ofSeconds(20)));

        assertEquals(new Exited(7), ending.how(), out(ending));
        assertNearly(Disk.MOST_FILES, ending);
    }

    /** It had what it may have, but for what the folder itself takes. */
    private static void assertNearly(long most, Ending ending) {
        long had = Long.parseLong(out(ending));
        assertTrue(had <= most && had > most - most / 50, had + " of " + most);
    }

    @Tried("300 MB in /tmp, /dev/shm")
    @Must("the write fails for lack of space")
    @ParameterizedTest
    @ValueSource(strings = {"/tmp", "/dev/shm"})
    void theSumOfTheFilesElsewhereIsBounded(String folder) throws Exception {
        Ending ending =
                run(
                        perl(
                                        FULL
                                                + "chdir shift or exit 9; for (1..30) {"
                                                + " open $f, '>', $_ or exit 10;"
                                                + " put($f, 'x' x 10485760) }",
                                        folder)
                                .memoryKib(1024 * 1024));

        assertEquals(new Exited(7), ending.how(), out(ending));
        assertNearly(256L << 20, ending);
    }

    @Tried("Make 10,000 files and open them all")
    @Must("bounded by max_open_files; cleaned up")
    @ParameterizedTest
    @ValueSource(ints = {64, 4096})
    void tenThousandFilesAreMadeOpenedAndGone(int most) throws Exception {
        Ending ending =
                run(
                        perl("for (1..10_000) { open $f, '>', \"f$_\" or exit 7 } close $f; for"
                                        + " (1..10_000) { open $g[$_], '<', \"f$_\" or last; $n++ } print"
                                        + " $n; exit($! == 24 ? 0 : 8)")
                                .openFiles(most));

        assertEquals(new Exited(0), ending.how(), out(ending));
        // The three streams are open too, and what an engine may have left to it.
        int opened = Integer.parseInt(out(ending));
        assertTrue(opened >= most - 14 && opened <= most - 3, opened + " of " + most);
    }

    @Tried("Names with newlines, no UTF-8, 255 bytes; depth 4,000; mode 0")
    @Must("given on to the next stage, and deleted")
    @Test
    void namesOfAnyKindAndAnyDepthAreHandled() throws Exception {
        String make =
                "for (\"new\\nline\", \"\\xff\\xfe\", 'n' x 255) { mkdir $_ or exit 7 }"
                        + " open $f, '>', \"\\xff\\n\" or exit 8;"
                        + " for (1..4000) { mkdir 'd' or exit 9; chdir 'd' or exit 10 }"
                        + " open $f, '>', 'deep' or exit 11; mkdir 'shut', 0 or exit 12";
        String look =
                "opendir D, '.'; print scalar(grep !/^[.][.]?$/, readdir D), ' ';"
                        + " -d or exit 7 for \"new\\nline\", \"\\xff\\xfe\", 'n' x 255;"
                        + " -f \"\\xff\\n\" or exit 8; while (chdir 'd') { $n++ }"
                        + " -f 'deep' or exit 11; printf '%d %o', $n, 07777 & (stat 'shut')[2]";

        assertEquals(new Exited(0), run(perl(make)).how());
        Ending ending = run(perl(look));
        assertEquals(new Exited(0), ending.how(), err(ending));
        assertEquals("5 4000 0", out(ending));
    }

    @Tried(
            "Links, hard links, FIFO, socket, device, set-user-ID shell planted for the "
                    + "next stage")
    @Must("removed, made harmless, or refused")
    @Test
    void specialFilesAndLinksArePlantedInVain() throws Exception {
        needX86();
        Path secret = Files.writeString(home.resolve("secret"), "secret");
        String script =
                CALL
                        + "symlink $ARGV[0], 'link'; symlink '/etc', 'folder'; link $ARGV[0],"
                        + " 'hard'; link '/usr/bin/perl', 'perl'; system '/usr/bin/mkfifo', 'fifo';"
                        + " system '/bin/cp', '/bin/sh', 'suid'; chmod 06755, 'suid'; socket $s, 1,"
                        + " 1, 0; bind $s, pack('Sa*', 1, 'socket'); c(133, 'null', 020666, 259) =="
                        + " 0 and print 'device '; print -l 'link' ? 'link ' : '', -l 'folder' ?"
                        + " 'folder ' : '', -p 'fifo' ? 'fifo ' : '', -S 'socket' ? 'socket ' : '',"
                        + " -u 'suid' ? 'suid ' : '', -g 'suid' ? 'sgid ' : '', -e 'hard' ? 'hard '"
                        + " : '', -e 'perl' ? 'perl ' : ''";

        Ending ending = run(perl(script, secret.toString()));

        assertEquals("link folder fifo socket suid sgid ", out(ending));
        // No program can make one, so the host does.
        Path device = disk.path().resolve("zero");
        var made =
                OsProcess.run(
                        Command.tool(
                                List.of("mknod", "-m", "666", device.toString(), "c", "1", "5")),
                        PATIENCE);
        assertTrue(made.well(), made.evidence());
        assertTrue(Files.readAttributes(device, BasicFileAttributes.class).isOther());
        assertEquals(
                "suid 755\n",
                out(
                        run(
                                sh(
                                        "cat link folder/shadow 2>/dev/null; ls -A | grep -v -e"
                                                + " link -e folder -e suid; echo suid $(stat -c %a"
                                                + " suid)"))));
        assertEquals("root", Files.getOwner(secret).getName());
    }

    @Tried("Set-user-ID copies: its own, root's in a bound folder and in the work directory; `su`")
    @Must("no other user")
    @Test
    void aSetUserIdFileGivesNothing() throws Exception {
        Path bound = Files.createDirectories(home.resolve("rooted"));
        plantRootedId(bound.resolve("id"));
        plantRootedId(disk.path().resolve("planted"));
        var control = onTheHost(bound.resolve("id").toString(), "-u");
        assumeTrue("0".equals(control.out()), "no set-user-ID files here: " + control.evidence());

        Ending ending =
                run(
                        sh("/bound/id -u; ./planted -u; stat -c '%u %a' planted;"
                                        + " cp /usr/bin/id id; chmod 6755 id; ./id -u;"
                                        + " /usr/bin/su -c id < /dev/null && echo root; exit 0")
                                .binds(Bind.readOnly(bound, "/bound")));

        assertEquals("%1$d\n%1$d\n%1$d 755\n%1$d\n".formatted(uid), out(ending), err(ending));
    }

    private static void plantRootedId(Path file) throws Exception {
        Files.copy(Path.of("/usr/bin/id"), file);
        Files.setAttribute(file, "unix:mode", 04755);
    }

    @Tried("Write, chmod, rename, link in every bound folder, also by /proc/1/root")
    @Must("refused")
    @Test
    void boundAndSystemFoldersCannotBeChanged() throws Exception {
        Path bound = Files.createDirectories(home.resolve("bound"));
        Files.setAttribute(bound, "unix:mode", 0777);
        Path file = Files.writeString(bound.resolve("file"), "kept");
        Files.setAttribute(file, "unix:mode", 0666);
        String script =
                "for d in /bound / /usr /usr/bin /bin /lib /dev /proc /proc/self/root/bound"
                        + " /proc/1/root/bound /sys /etc; do"
                        + " (echo > $d/planted) 2>/dev/null && echo planted in $d; done;"
                        + " (echo changed > /bound/file) 2>/dev/null; chmod 777 /bound/file /usr;"
                        + " touch /bound/file; rm -f /bound/file; mv /bound/file /bound/other;"
                        + " ln /bound/file hard; exit 0";

        Ending ending = run(sh(script).binds(Bind.readOnly(bound, "/bound")));

        assertEquals("", out(ending));
        assertEquals("kept", Files.readString(file));
    }

    @Tried("Exec of a deleted file and of a memfd")
    @Must("runs, under the same limits")
    @Test
    void aBinaryThatWasDeletedOrNeverHadANameRuns() throws Exception {
        needX86();
        String shellWithoutAName =
                "my $n = 'x'; my $fd = syscall 319, $n, 0; open my $m, '>&=', $fd;"
                        + " open my $e, '<', '/bin/sh'; { local $/; print {$m} <$e> }"
                        + " open my $r, '<', \"/proc/self/fd/$fd\"; close $m;"
                        + " exec '/proc/self/fd/' . fileno($r), '-c', @ARGV";
        Ending ending = run(perl(shellWithoutAName, "echo hello"));
        assertEquals("hello\n", out(ending), err(ending));
        assertEquals(
                "deleted\n",
                out(
                        run(
                                sh(
                                        "cp /bin/sh x; ./x -c 'rm x; exec /proc/self/exe -c \"echo"
                                                + " deleted\"'"))));
        assertEquals(
                new CpuTimeout(),
                run(perl(shellWithoutAName, "while :; do :; done").cpu(Duration.ofSeconds(1)))
                        .how());
    }

    // The host

    @Tried("Files of the host; environ, root, cwd, mem, descriptors of process 1")
    @Must("nothing")
    @Test
    void theHostAndItsProcessesCannotBeRead() throws Exception {
        Path secret = Files.writeString(home.resolve("credentials"), "sasl-password");
        Files.setAttribute(secret, "unix:mode", 0644);
        assertEquals("sasl-password", onTheHost("cat", secret.toString()).out());
        String script =
                "for f in $0 /proc/1/environ /proc/1/root/etc/shadow /proc/1/cwd/x /proc/1/mem"
                        + " /proc/1/root$0 /proc/self/root$0 /etc/shadow /proc/kcore /dev/mem"
                        + " /proc/self/root/../..$0 /proc/1/map_files/x; do"
                        // What an engine hides behind /dev/null can be opened, and holds nothing.
                        + " [ $(head -c 9 $f 2>/dev/null | wc -c) = 0 ] || echo read $f; done; ls"
                        + " /proc/1/fd 2>/dev/null; ls /proc | grep -c '^[0-9]'; ls -d /var /home"
                        + " /root /run /nix 2>/dev/null; exit 0";

        Ending ending = run(Given.command(disk.path(), "/bin/sh", "-c", script, secret.toString()));

        assertTrue(out(ending).strip().matches("[1-6]"), out(ending));
    }

    @Tried(
            "Every file below `/etc`: the host's password hashes, keys, identity, configuration of"
                    + " Boxcar; private keys by their content")
    @Must("none is there; `/etc/passwd` and `/etc/group` are of the box alone")
    @Test
    void noSecretOfTheHostIsInEtc() throws Exception {
        String script =
                """
                for s in shadow shadow- gshadow gshadow- passwd- group- machine-id environment environment.d \
                    sudoers sudoers.d krb5.keytab krb5.conf ssh ssl/private pki/tls/private boxcar security \
                    npmrc pip.conf gitconfig apt cron.d systemd nix/nix.conf nix/netrc docker resolv.conf; do
                    test -e /etc/$s && echo there is $s
                done
                find -L /etc -type f -exec grep -l 'PRIVATE KEY-----' {} + 2>/dev/null
                find /etc ! -user root 2>/dev/null; find /etc -perm /7022 ! -type l 2>/dev/null
                wc -l < /etc/passwd; wc -l < /etc/group
                grep -c '' /etc/hosts
                """;

        Ending ending = run(sh(script).cpu(Duration.ofSeconds(20)));

        assertEquals("3\n4\n3\n", out(ending), err(ending));
    }

    @Tried(
            "TCP, UDP, DNS, metadata address, raw and packet sockets, Nix daemon and other "
                    + "sockets by path")
    @Must("nothing arrives, nothing connects")
    @Test
    void theNetworkIsOutOfReachByEveryWay() throws Exception {
        try (var udp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            udp.setSoTimeout(300);
            String script =
                    """
                    socket $u, 2, 2, 17; send $u, 'x', 0, pack('Sna4x8', 2, $ARGV[0], "\\x7f\\0\\0\\1");
                    for my $a ("\\x08\\x08\\x08\\x08", "\\x01\\x01\\x01\\x01", "\\xa9\\xfe\\xa9\\xfe") {
                        socket $s, 2, 1, 6; connect $s, pack('Sna4x8', 2, 53, $a) and print 'tcp';
                        socket $d, 2, 2, 17; send $d, 'x', 0, pack('Sna4x8', 2, 53, $a) and print 'udp';
                    }
                    socket $p, 1, 1, 0;
                    for (qw(/nix/var/nix/daemon-socket/socket /run/docker.sock /var/run/docker.sock
                            /run/dbus/system_bus_socket)) {
                        connect $p, pack('Sa*', 1, $_) and print "reached $_";
                    }
                    socket $r, 2, 3, 1 and print 'raw';
                    socket $k, 17, 3, 0 and print 'packet';
                    open $n, '<', '/proc/net/unix'; <$n>; print grep { (split)[7] } <$n>;
                    """;
            Path store = Path.of("/nix/store");
            Given given = perl(script, Integer.toString(udp.getLocalPort()));
            Ending ending =
                    run(
                            Files.isDirectory(store)
                                    ? given.binds(Bind.readOnly(store, "/nix/store"))
                                    : given);

            assertEquals(new Exited(0), ending.how(), err(ending));
            assertEquals("", out(ending));
            var packet = new java.net.DatagramPacket(new byte[9], 9);
            org.junit.jupiter.api.Assertions.assertThrows(
                    java.net.SocketTimeoutException.class, () -> udp.receive(packet));
        }
    }

    @Tried(
            "Left in the network namespace: a flow label that lingers, a bound socket that "
                    + "is in flight to itself")
    @Must("not found by the next stage")
    @Test
    void nothingStaysInTheNetworkOfTheBox() throws Exception {
        compile(
                """
                #include <stddef.h>
                #include <string.h>
                #include <sys/socket.h>
                #include <sys/un.h>
                #include <unistd.h>
                static void give(int over, int fd) {
                    char room[CMSG_SPACE(sizeof fd)] = {0}, byte = 1;
                    struct iovec io = {&byte, 1};
                    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = room,
                                       .msg_controllen = sizeof room};
                    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
                    c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(sizeof fd);
                    memcpy(CMSG_DATA(c), &fd, sizeof fd);
                    if (sendmsg(over, &m, 0) < 0) _exit(3);
                }
                int main(void) {
                    int pair[2], s = socket(AF_UNIX, SOCK_STREAM, 0);
                    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\\0in-flight"};
                    if (bind(s, (void *) &name, sizeof name) || listen(s, 5)) return 1;
                    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) return 2;
                    give(pair[0], s); give(pair[0], pair[1]); give(pair[1], pair[0]);
                    return 4;
                }
                """);
        assertEquals(new Exited(4), run(Given.command(disk.path(), "/box/hostile")).how());
        // A flow label outlives its socket by its linger time (linux/in6.h).
        Ending label =
                run(
                        perl(
                                "socket $s, 10, 2, 17; print setsockopt $s, 41, 32, pack 'a16 N C C"
                                        + " S S S L', \"\\0\" x 15 . \"\\1\", 0x12345, 0, 1, 1, 30, 30,"
                                        + " 0"));
        assertTrue(List.of("", "1").contains(out(label)), err(label));

        Ending next =
                run(sh("cat /proc/net/unix /proc/net/ip6_flowlabel | grep -v -e ^Num -e ^Label"));

        assertEquals("", out(next));
    }

    /**
     * Numbers of x86-64; each call must be refused for who makes it. The arguments are such that
     * root would succeed or fail for another reason.
     */
    @Tried(
            "24 calls: `ptrace`, `process_vm_readv`, `mount`, `open_tree`, `unshare`, "
                    + "`setns`, `chroot`, clocks, `bpf`, modules, `kexec`, `reboot`, …")
    @Must("each is refused: EPERM, EACCES, ENOSYS")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ptrace of the first process | c 101, 16, 1, 0, 0",
                "reading its memory | c 310, 1, pack('PQ', $b = 'x' x 8, 8), 1, pack('Q2',"
                        + " 0x400000, 8), 1, 0",
                "kill of it | c 62, 1, 9",
                "mount | c 165, 'x', '/tmp', 'tmpfs', 0, 0",
                "remount of /usr | c 165, 'x', '/usr', 0, 0x1020, 0",
                "open_tree | c 428, -100, '/', 1",
                "fsopen | c 430, 'tmpfs', 0",
                "unshare user | c 272, 0x10000000",
                "unshare mount | c 272, 0x20000",
                "unshare net | c 272, 0x40000000",
                "setns | do { open my $n, '<', '/proc/self/ns/net' or die; c 308, fileno $n,"
                        + " 0x40000000 }",
                "chroot | c 161, '/tmp'",
                "pivot_root | c 155, '/tmp', '/tmp'",
                "settimeofday | c 164, pack('q2', 1, 1), 0",
                "clock_settime | c 227, 0, pack('q2', 1, 1)",
                "adjtimex | c 159, pack('L', 1) . \"\\0\" x 300",
                "bpf | c 321, 0, pack('L4', 22, 0, 4, 1) . \"\\0\" x 112, 128",
                "module | c 175, 'x', 1, ''",
                "kexec | c 246, 0, 0, 0, 0",
                "reboot | c 169, 0xfee1dead, 672274793, 0, 0",
                "handle | c 304, -100, pack('Ll', 8, 1) . \"\\0\" x 8, 0",
                "sethostname | c 170, 'x', 1",
                "setuid | c 105, 0",
                "device | c 133, '/tmp/null', 020666, 259",
            })
    void aCallThatReachesOutIsRefused(String what, String call) throws Exception {
        needX86();
        Ending ending = run(perl(CALL + "my $r = " + call + "; print $r < 0 ? 0 + $! : 'done'"));

        // errno(3): EPERM, EACCES, ENOSYS.
        assertTrue(out(ending).matches("1|13|38"), what + ": " + out(ending) + err(ending));
    }

    /** By `find`, a program tells in which ways it finds a key {@code boxcar:x}. */
    private static final String FIND_KEYS =
            " open U, '<', '/proc/key-users'; print 'counted ' if grep /^ *$<:/, <U>;"
                    + " print 'keyctl ' if c(250, 10, -4, 'user', 'boxcar:x', 0) > 0;"
                    + " print 'request_key ' if c(249, 'user', 'boxcar:x', 0, 0) > 0;"
                    + " open K, '<', '/proc/keys'; print 'listed ' if grep /boxcar:x/, <K>;";

    @Tried(
            "Keys left in the thread's, process's, session's, user's, user session's and persistent"
                    + " keyring; 300 at once; of other types; in a keyring of a keyring; not for"
                    + " their owner; with a time-out; asked of the kernel; new session keyrings")
    @Must("no key is made; the box stays usable, and the next stage finds nothing")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "each keyring | k('user', $_) for -1..-6; k('user', $_) for -8..-1",
                "300 keys | for my $n (1..300) { c(248, 'user', \"boxcar:x$n\", 'secret', 6, $_) > 0 and print 'made ' for -3, -4 }",
                "other types | for my $t (qw(logon keyring big_key encrypted trusted asymmetric)) { k($t, $_) for -3, -4, -5 }",
                "a keyring of a keyring | my $r = c(248, 'keyring', 'boxcar:r', 0, 0, -4); print 'made ' if $r > 0; k('user', $r); $r = c(250, 0, -3, 1); k('user', $r)",
                "the persistent one | my $r = c(250, 22, -1, -3); print 'made ' if $r > 0; k('user', $r)",
                "not for its owner | my $r = c(248, 'user', 'boxcar:x', 'secret', 6, -4); print 'made ' if c(250, 5, $r, 0) == 0; print 'shut ' if c(250, 5, -4, 0) == 0",
                "with a time-out | my $r = c(248, 'user', 'boxcar:x', 'secret', 6, -4); print 'made ' if c(250, 15, $r, 1000000) == 0",
                "asked of the kernel | print 'made ' if c(249, 'user', 'boxcar:x', 'wanted', -3) > 0; print 'asked ' if $! == 126 or $! == 2",
                "session keyrings | for my $n (1..300) { print 'joined ' if c(250, 1, \"boxcar$n\") > 0 or c(250, 1, 0) > 0 }",
                "linked elsewhere | print 'linked ' if c(250, 8, -3, -4) == 0 or c(250, 18) == 0"
            })
    void keysDoNotPassFromStageToStage(String what, String leave) throws Exception {
        needX86();
        String key =
                " sub k { my ($t, $r) = @_;"
                        + " print 'made ' if c(248, $t, 'boxcar:x', 'secret', 6, $r) > 0 } ";

        Ending left = run(perl(CALL + key + leave + ";" + FIND_KEYS));
        Ending next = run(perl(CALL + FIND_KEYS));

        assertEquals(new Exited(0), left.how(), err(left));
        assertEquals("", out(left), what);
        assertEquals("", out(next), what);
        assertEquals(List.of(), keysOnTheHost());
    }

    private List<String> keysOnTheHost() throws Exception {
        try (var users = Files.lines(Path.of("/proc/key-users"))) {
            return users.filter(line -> line.strip().startsWith(uid + ":")).toList();
        }
    }

    /**
     * Numbers of x86-64. Where a kernel lacks something, it says so in the same words. Arguments
     * are such that the call would succeed, or fail for another reason.
     */
    @Tried(
            "Sockets of VSOCK, Bluetooth, ALG, CAN, TIPC, RDS, XDP, packets, netlink but for routes;"
                    + " `userfaultfd`, `fanotify`, `kcmp`, `memfd_secret`, `io_uring`, `perf_event_open`,"
                    + " `open_tree_attr`, calls that nobody knows yet, calls of 32 bits")
    @Must("refused on every engine: EPERM, EACCES, ENOSYS, EAFNOSUPPORT, EPROTONOSUPPORT")
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vsock | c 41, 40, 1, 0",
                "vsock, seen as 64 bits | c 41, 0x100000028, 1, 0",
                "bluetooth | c 41, 31, 3, 1",
                "alg | c 41, 38, 5, 0",
                "can | c 41, 29, 3, 1",
                "tipc | c 41, 30, 1, 0",
                "tipc pair | c 53, 30, 1, 0, $b = 'x' x 8",
                "rds | c 41, 21, 5, 0",
                "xdp | c 41, 44, 3, 0",
                "packet | c 41, 17, 3, 0x300",
                "netlink: socket diagnostics | c 41, 16, 3, 4",
                "netlink: audit | c 41, 16, 3, 9",
                "netlink: connector | c 41, 16, 3, 11",
                "netlink: netfilter | c 41, 16, 3, 12",
                "netlink: uevents | c 41, 16, 3, 15",
                "netlink: generic | c 41, 16, 3, 16",
                "netlink: crypto | c 41, 16, 3, 21",
                "userfaultfd | c 323, 1",
                "fanotify_init | c 300, 0x200, 0",
                "kcmp | c 312, $$, $$, 0, 0, 0",
                "memfd_secret | c 447, 0",
                "io_uring_setup | c 425, 8, $b = \"\\0\" x 120",
                "io_uring_register | c 427, -1, 0, 0, 0",
                "perf_event_open | c 298, pack('L2', 1, 120) . \"\\0\" x 112, 0, -1, -1, 0",
                "bpf | c 321, 0, pack('L4', 22, 0, 4, 1) . \"\\0\" x 112, 128",
                "name_to_handle_at | c 303, -100, '/usr', $b = pack('Ll', 128, 0) . 'x' x 128, $i = pack('l', 0), 0",
                "kernel log | c 103, 10, 0, 0",
                "pidfd_getfd | do { my $p = c 434, $$, 0; c 438, $p, 1, 0 }",
                "cachestat | do { open my $f, '<', '/usr/bin/perl'; c 451, fileno $f, $b = \"\\0\" x 16, $i = \"\\0\" x 40, 0 }",
                "open_tree_attr | c 467, -100, '/', 1, 0, 0",
                "the next call | c 470, 0, 0, 0, 0",
                "a call to come | c 500, 0, 0, 0, 0",
                "a call of x32 | c 0x40000027"
            })
    void whatReachesTheHostOrIsNewIsClosed(String what, String call) throws Exception {
        needX86();

        Ending ending =
                run(
                        perl(
                                CALL
                                        + "my ($b, $i); my $r = "
                                        + call
                                        + "; print $r < 0 ? 0 + $! : 'done'"));

        // The filters of isolate 2 and of runc kill for calls of another architecture.
        boolean killed = what.contains("x32") && ending.how() instanceof Signalled;
        assertTrue(
                killed || out(ending).matches("1|13|38|93|97"),
                what + ": " + ending + out(ending) + err(ending));
    }

    @Tried(
            "Processes that cannot run: stopped; the parent of a `vfork` that never ends; one traced by"
                    + " another that has ended")
    @Must("wall time-out; dead")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "raise(SIGSTOP);",
                "if (fork() == 0) { setsid(); raise(SIGSTOP); } for (;;) pause();",
                "if (vfork() == 0) for (;;) pause();",
                "if (fork() == 0) { ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); } for (;;) pause();"
            })
    void aProcessThatCannotRunIsKilledAllTheSame(String what) throws Exception {
        compile(
                """
                #define _GNU_SOURCE
                #include <signal.h>
                #include <sys/ptrace.h>
                #include <unistd.h>
                int main(void) {
                    %s
                    for (;;) pause();
                }
                """
                        .formatted(what));

        Ending ending = run(Given.command(disk.path(), "/box/hostile").wall(Duration.ofSeconds(1)));

        assertEquals(new WallTimeout(), ending.how(), ending.toString());
    }

    @Tried("A POSIX message queue with a message, left behind")
    @Must("not found by the next stage, nor on the host")
    @Test
    void aMessageQueueDoesNotPassFromStageToStage() throws Exception {
        needX86();
        String open = CALL + "my ($n, $m) = ('boxcar-left', 'm'); my $q = c 240, $n, %s, 0666, 0;";

        // O_RDWR and O_CREAT, and a message.
        Ending left = run(perl(open.formatted("0102") + " print c(242, $q, $m, 1, 0, 0)"));
        Ending next = run(perl(open.formatted("2") + " print $q < 0 ? 0 + $! : 'found'"));

        // The first is refused where the limit of bytes in queues is 0.
        assertTrue(out(left).matches("0|-1"), out(left) + err(left));
        assertEquals("2", out(next), err(next));
    }

    @Tried("A call of 32 bits (`int 0x80`) from a program of 64 bits")
    @Must("refused, or the program killed")
    @Test
    void callsOfThirtyTwoBitsAreClosed() throws Exception {
        needX86();
        compile(
                """
                #include <stdio.h>
                int main(void) {
                    int r;
                    /* add_key of 32 bits, which fails for its pointers where it is allowed */
                    __asm__ volatile("int $0x80" : "=a"(r)
                        : "a"(286), "b"(0), "c"(0), "d"(0), "S"(0), "D"(-3) : "memory");
                    printf("%d", -r);
                }
                """);

        Ending ending = run(Given.command(disk.path(), "/box/hostile"));

        assertTrue(
                ending.how() instanceof Signalled || out(ending).matches("1|38"),
                ending + out(ending));
    }

    @Tried("What a program needs: UNIX, TCP and UDP sockets, interfaces by netlink, `socketpair`")
    @Must("open")
    @Test
    void whatProgramsNeedIsOpen() throws Exception {
        needX86();
        String script =
                CALL
                        + "for ([1, 1], [1, 2], [2, 1], [2, 2], [10, 1], [10, 2], [16, 3]) {"
                        + " c(41, $$_[0], $$_[1], 0) >= 0 or print \"@$_: $! \" }"
                        + " my $b = 'x' x 8; c(53, 1, 1, 0, $b) == 0 or print 'pair';";

        assertEquals("", out(run(perl(script))));
    }

    @Tried("Write to each file of /proc and /sys that is not the program's own")
    @Must("none can be opened")
    @Test
    void nothingOfTheKernelCanBeWritten() throws Exception {
        String script =
                "use Fcntl; sub look { my ($d, $n) = @_; opendir my $h, $d or return;"
                        + " for (readdir $h) { next if /^\\.\\.?$/ or $d eq '/proc' && /^(\\d|self$|thread-self$)/;"
                        + " my $p = \"$d/$_\"; next if -l $p or -c $p; if (-d _) { look($p, $n + 1) if $n < 6 }"
                        + " elsif (sysopen my $f, $p, O_WRONLY | O_NONBLOCK) { print \"$p\\n\" } } }"
                        + " look('/proc', 0); look('/sys', 0);";

        assertEquals("", out(run(perl(script))));
    }

    @Tried("`io_uring_setup`")
    @Must("fails")
    @Test
    void ioUringIsClosed() throws Exception {
        needX86();
        Ending ending = run(perl(CALL + "print c(425, 8, \"\\0\" x 120) < 0 ? 'closed' : 'open'"));

        assertEquals("closed", out(ending));
    }

    @Tried("Crash")
    @Must("the signal is told; no core file")
    @Test
    void aCrashLeavesNoCoreFile() throws Exception {
        assertEquals(new Signalled(11), run(perl("kill 11, $$; sleep 5")).how());
        assertEquals("", out(run(sh("ls -A"))));
    }

    /** Stands where none was lent. */
    private record NoDisk() implements Disk {
        @Override
        public Path path() {
            return Path.of("unset");
        }

        @Override
        public void close() {}
    }
}
