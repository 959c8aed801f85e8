package boxcar.sandbox;

import static boxcar.sandbox.HostileStand.err;
import static boxcar.sandbox.HostileStand.out;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Bind;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Ending.Exited;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Told;
import boxcar.reliability.Tried;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a program finds of those that run beside it: another box that is alive, and the host. Each
 * search is also made where it must find something, so that it cannot be blind.
 */
@ParameterizedClass
@ValueSource(strings = {"isolate", "isolate-1", "runc"})
class HostileNeighboursTest implements Told {
    private static final int FIRST_BOX = 950;

    /**
     * Its first argument is the marker, spelt backwards so that the search does not find itself.
     */
    private static final String SEARCH =
            """
            my $m = reverse shift; my %f;
            sub c { my @a = @_; my $n = shift @a; return syscall $n, @a }
            sub look { my ($n, $p) = @_; open my $h, '<', $p or return; local $/; $f{$n} = 1 if (<$h> // '') =~ /$m/ }
            for my $d (qw(/box /tmp /dev/shm / /var /run /home /root)) {
                opendir my $o, $d or next; -f "$d/$_" and look('file', "$d/$_") for readdir $o }
            for my $p (glob '/proc/[0-9]*') {
                look('environ', "$p/environ"); look('argument', "$p/cmdline");
                for my $d (qw(root/box root/tmp root/dev/shm cwd)) { look('file by process', "$p/$d/mark") } }
            my $s = c(29, 4711, 0, 0);
            if ($s >= 0) { my $b = "\\0" x 64; shmread $s, $b, 0, 64 and $b =~ /$m/ and $f{shm} = 1 }
            $f{semaphore} = 1 if c(64, 4711, 0, 0) >= 0;
            $f{'message queue'} = 1 if c(68, 4711, 0) >= 0;
            $f{mqueue} = 1 if c(240, 'boxcar-neighbour', 0, 0, 0) >= 0;
            socket my $u, 1, 1, 0; $f{'abstract socket'} = 1 if connect $u, pack('Sa*', 1, "\\0boxcar-neighbour");
            socket my $t, 2, 1, 6; $f{tcp} = 1 if connect $t, pack('Sna4x8', 2, 17117, "\\x7f\\0\\0\\1");
            """;

    private static final String TELL = " print join ',', sort keys %f;";

    /**
     * Leaves its marker wherever it can, waits until it may go, and looks whether it still has all.
     */
    private static final String NEIGHBOUR =
            """
            my $mark = reverse $ARGV[0];
            for (qw(/box /tmp /dev/shm)) { chmod 0777, $_; open my $h, '>', "$_/mark" or die $_; print $h $mark; chmod 0666, "$_/mark" }
            defined($id = shmget 4711, 64, 01666) or die 'shm'; shmwrite $id, $mark, 0, 64 or die 'shmwrite';
            syscall 64, 4711, 1, 01666; syscall 68, 4711, 01666;
            c(240, 'boxcar-neighbour', 0102, 0666, 0) >= 0 or die 'mqueue';
            socket U, 1, 1, 0; bind U, pack('Sa*', 1, "\\0boxcar-neighbour") or die 'bind'; listen U, 5;
            socket T, 2, 1, 6; bind T, pack('Sna4x8', 2, 17117, "\\x7f\\0\\0\\1") or die 'tcp'; listen T, 5;
            $SIG{TERM} = sub { exit 9 };
            $| = 1; print "ready\\n";
            select undef, undef, undef, 0.02 until -e '/box/go';
            for (qw(/box /tmp /dev/shm)) { open my $h, '<', "$_/mark" or exit 5; <$h> eq $mark or exit 6 }
            """;

    private final String program;
    private final CountDownLatch ready = new CountDownLatch(1);

    @SuppressWarnings("NullAway.Init")
    private HostileStand stand;

    private String outcome = "";

    HostileNeighboursTest(String program) {
        this.program = program;
    }

    @BeforeEach
    void open() throws Exception {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "system calls are numbered");
        stand = HostileStand.open(program, FIRST_BOX, 2);
    }

    @AfterEach
    void close() throws Exception {
        if (stand != null) {
            stand.close();
        }
    }

    @Override
    public String engine() {
        return stand.engine();
    }

    @Override
    public String outcome() {
        return outcome;
    }

    private Ending run(Given given) throws Exception {
        Ending ending = stand.run(given);
        outcome = HostileWords.also(outcome, ending);
        return ending;
    }

    @Tried(
            "A neighbour that lives in another box: its files, environment, arguments, descriptors, shared"
                    + " memory, semaphores, queues, abstract and TCP sockets; signals to all")
    @Must("nothing of it is found, and it comes to no harm")
    @Test
    void aNeighbourThatLivesIsNeitherSeenNorReachedNorHarmed() throws Exception {
        String marker = UUID.randomUUID().toString();
        String backwards = new StringBuilder(marker).reverse().toString();
        try (Disk mine = stand.sandbox().disk();
                Disk its = stand.sandbox().disk()) {
            var neighbour =
                    new FutureTask<>(() ->
                            stand.run(
                                    Given.perl(its.path(), NEIGHBOUR + SEARCH + TELL, backwards)
                                            .environment(java.util.Map.of("MARK", marker))
                                            .listener((_, _) -> ready.countDown())));
            Thread.ofVirtual().start(neighbour);
            assertTrue(ready.await(120, TimeUnit.SECONDS), "the neighbour did not begin");
            String harm =
                    " $SIG{TERM} = 'IGNORE'; kill 'TERM', -1; $_ == $$ or kill 'KILL', $_ for 2..40000;";

            Ending spy = run(Given.perl(mine.path(), SEARCH + TELL + harm + " exit 3", backwards));

            Files.writeString(its.path().resolve("go"), "");
            Ending told = neighbour.get(120, TimeUnit.SECONDS);
            assertEquals("", out(spy));
            assertEquals(new Exited(3), spy.how(), err(spy));
            assertEquals(
                    "ready\nabstract socket,environ,file,file by process,message queue,mqueue,semaphore,shm,tcp",
                    out(told),
                    err(told));
            assertEquals(new Exited(0), told.how());
        }
    }

    @Tried(
            "Sockets of a process of the host, open to everybody: abstract, by path, TCP, UDP; the Nix daemon's,"
                    + " by its path and by the store's, as an execute stage sees it")
    @Must("no connection")
    @Test
    void socketsOfTheHostAreOutOfReachThoughTheyAreOpenToEverybody() throws Exception {
        Path open = Files.createDirectories(stand.home().resolve("open"));
        Files.setAttribute(stand.home(), "unix:mode", 0755);
        Files.setAttribute(open, "unix:mode", 0777);
        String serve =
                "umask 0; socket A, 1, 1, 0; bind A, pack('Sa*', 1, \"\\0boxcar-host\") or die; listen A, 9;"
                        + " socket P, 1, 1, 0; bind P, pack('Sa*', 1, $ARGV[0]) or die; listen P, 9;"
                        + " socket T, 2, 1, 6; bind T, pack('Sna4x8', 2, 17118, \"\\x7f\\0\\0\\1\") or die; listen T, 9;"
                        + " socket U, 2, 2, 17; bind U, pack('Sna4x8', 2, 17118, \"\\x7f\\0\\0\\1\") or die;"
                        + " open R, '>', \"$ARGV[0].read\"; select R; $| = 1; open F, '>', \"$ARGV[0].up\";"
                        + " print \"$b\\n\" while defined recv U, $b, 99, 0";
        String call =
                "socket U, 2, 2, 17; send U, shift, 0, pack('Sna4x8', 2, 17118, \"\\x7f\\0\\0\\1\") or print 'unsent ';"
                        + " socket A, 1, 1, 0; connect A, pack('Sa*', 1, \"\\0boxcar-host\") and print 'abstract ';"
                        + " for (@ARGV) { socket P, 1, 1, 0; connect P, pack('Sa*', 1, $_) and print 'path '; }"
                        + " socket T, 2, 1, 6; connect T, pack('Sna4x8', 2, 17118, \"\\x7f\\0\\0\\1\") and print 'tcp'";
        String socket = open.resolve("socket").toString();
        List<String> paths =
                Stream.of(socket, "/nix/var/nix/daemon-socket/socket")
                        .filter(path -> path.equals(socket) || Files.exists(Path.of(path)))
                        .toList();
        Process host = new ProcessBuilder("perl", "-e", serve, socket).inheritIO().start();
        try (Disk disk = stand.sandbox().disk()) {
            await().until(() -> Files.exists(Path.of(socket + ".up")));
            var control =
                    OsProcess.run(
                            Command.tool(
                                    Stream.concat(
                                                    Stream.of("perl", "-e", call, "before"),
                                                    paths.stream())
                                            .toList()),
                            Duration.ofSeconds(20));
            assertEquals("abstract " + "path ".repeat(paths.size()) + "tcp", control.out());

            Stream<String> more =
                    Stream.of("/proc/1/root", "/proc/self/root", "/nix/store/..")
                            .flatMap(root -> paths.stream().map(path -> root + path));
            Given given =
                    Given.perl(
                            disk.path(),
                            call,
                            Stream.of(Stream.of("box"), paths.stream(), more)
                                    .flatMap(words -> words)
                                    .filter(word -> word.length() < 100)
                                    .toArray(String[]::new));
            Path store = Path.of("/nix/store");
            Ending ending =
                    run(
                            Files.isDirectory(store)
                                    ? given.binds(Bind.readOnly(store, "/nix/store"))
                                    : given);

            assertEquals("", out(ending));
            assertEquals(new Exited(0), ending.how(), err(ending));
            // What the box sent would have come before what is sent now.
            OsProcess.run(
                    Command.tool(List.of("perl", "-e", call, "after")), Duration.ofSeconds(20));
            Path read = Path.of(socket + ".read");
            await().until(() -> Files.readString(read).contains("after"));
            assertEquals("before\nafter\n", Files.readString(read));
        } finally {
            host.destroyForcibly().waitFor();
        }
    }

    @Tried(
            "Huge things: 64 MiB on stdin, read; arguments and environment of 120 KB each; holes of"
                    + " `fallocate`; 60 pipes filled")
    @Must("they arrive whole, or are bounded, and the stage ends")
    @Test
    void hugeInputArrivesWhole() throws Exception {
        try (Disk disk = stand.sandbox().disk()) {
            byte[] huge = new byte[64 << 20];
            huge[huge.length - 1] = 'z';
            Ending ending =
                    run(
                            Given.perl(
                                            disk.path(),
                                            "while ($n = sysread STDIN, $b, 65536) { $s += $n; $l = substr $b, -1 }"
                                                    + " print \"$s $l \", length $ARGV[0], ' ', length $ENV{BIG}",
                                            "a".repeat(120_000))
                                    .environment(java.util.Map.of("BIG", "b".repeat(120_000)))
                                    .stdin(huge));

            assertEquals("67108864 z 120000 120000", out(ending), err(ending));
            Ending bounded =
                    run(
                            Given.perl(
                                            disk.path(),
                                            "$SIG{XFSZ} = 'IGNORE'; open F, '>', 'f'; $r = syscall 285, fileno F, 1, 0, 1 << 30;"
                                                    + " pipe $r[$_], $w[$_] and fcntl $w[$_], 1031, 1 << 20 for 1..60;"
                                                    + " for (@w) { $_ or next; fcntl $_, 4, 2048; syswrite $_, 'x' x 1048576 }"
                                                    + " print $r; exit 4")
                                    .memoryKib(64 * 1024));
            assertEquals("-1", out(bounded), bounded.toString());
        }
    }

    @Tried(
            "The kernel's own: `core_pattern`, `drop_caches`, `sysrq`, control groups, `kmsg`, the kernel log,"
                    + " `kcore`, `perf_event_open` of others, `fanotify`, priorities, own limits raised,"
                    + " `oom_score_adj`, `acct`, `swapon`, locked memory, pidfds of the first process")
    @Must("each fails")
    @Test
    void theKernelsOwnFilesAndCallsAreClosed() throws Exception {
        String script =
                """
                sub c { my @a = @_; my $n = shift @a; return syscall $n, @a }
                my $b = "\\0" x 4096;
                for (qw(/proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger
                        /proc/sys/kernel/hostname /proc/sys/fs/mqueue/msg_max
                        /proc/sys/kernel/shmmax /proc/sys/net/ipv4/ip_forward /sys/fs/cgroup/memory/tasks
                        /sys/fs/cgroup/cgroup.procs /dev/kmsg /dev/mem /dev/vda /dev/sda /dev/fuse)) {
                    open my $h, '>>', $_ and print "write $_\\n" }
                for (qw(/proc/kmsg /proc/kcore /dev/kmsg /dev/mem /proc/slabinfo /proc/timer_list
                        /proc/vmallocinfo /sys/kernel/debug /sys/fs/cgroup/memory.stat)) {
                    open my $h, '<', $_ and defined <$h> and print "read $_\\n" }
                my %calls = (
                    'kernel log' => [103, 3, $b, 4096], 'clear kernel log' => [103, 5, $b, 4096],
                    'perf of all' => [298, pack('LLQQQQ', 0, 112, 0, 0, 0, 0) . ("\\0" x 80), -1, 0, -1, 0],
                    'perf of the first process' => [298, pack('LLQQQQ', 1, 112, 0, 0, 0, 0) . ("\\0" x 80), 1, -1, -1, 0],
                    fanotify => [300, 0, 0], priority => [141, 0, 0, -5], fifo => [144, 0, 1, pack('l', 1)],
                    ioprio => [251, 1, 0, 1 << 13], swapon => [167, '/box/x', 0], acct => [163, '/box/x'],
                    kcmp => [312, 1, 1, 0, 0, 0], limit => [302, 0, 7, pack('QQ', 1 << 20, 1 << 20), 0],
                    processes => [302, 0, 6, pack('QQ', 1 << 20, 1 << 20), 0], 'limits of the first' => [302, 1, 7, 0, $b],
                    mlockall => [151, 3], iopl => [172, 3], quotactl => [179, 0, '/dev/vda', 0, $b],
                    vhangup => [153], lookup => [212, 0, $b, 4096], kexec => [320, 0, 0, 0, 0, 0],
                );
                c(@{$calls{$_}}) >= 0 and print "$_\\n" for sort keys %calls;
                my $p = c(434, 1, 0);
                $p >= 0 and (c(438, $p, 0, 0) >= 0 and print "pidfd_getfd\\n" or c(424, $p, 9, 0, 0) >= 0 and print "killed\\n");
                open my $s, '<', '/proc/self/oom_score_adj'; my $lower = <$s> - 1;
                for (-1000, $lower) { open my $o, '>', '/proc/self/oom_score_adj' and syswrite($o, $_) and print "oom $_\\n" }
                """;
        try (Disk disk = stand.sandbox().disk()) {
            Ending ending = run(Given.perl(disk.path(), script));

            assertEquals("", out(ending));
            assertEquals(new Exited(0), ending.how(), err(ending));
        }
    }

    @Tried(
            "Left behind for the next stage: memfds, shared memory, timers, a watch of files, a parent-death"
                    + " signal, an orphan that ignores every signal")
    @Must("the next stage of either box sees none of it")
    @Test
    void whatLivesInTheKernelDiesWithTheStage() throws Exception {
        try (Disk disk = stand.sandbox().disk()) {
            String script =
                    """
                    for (1..8) { my $n = 'left'; my $fd = syscall 319, $n, 0; open my $m, '>&=', $fd; syswrite $m, 'x' x 4194304; push @m, $m }
                    $id = shmget 4712, 8388608, 01666; shmwrite $id, 'x' x 8388608, 0, 8388608;
                    my $timer = pack 'L', 0;
                    syscall 157, 1, 9; syscall 253; syscall 222, 0, 0, $timer;
                    if (!fork) { syscall 112; exit if fork; $SIG{$_} = 'IGNORE' for keys %SIG; sleep 50 while 1 }
                    exit 4
                    """;

            Ending ending = run(Given.perl(disk.path(), script).memoryKib(256 * 1024));

            assertEquals(new Exited(4), ending.how(), err(ending));
            String look =
                    "print grep /memfd/, map { readlink } glob '/proc/[0-9]*/fd/*'; defined shmget(4712, 0, 0) and print 'shm';"
                            + " print grep /left|0x/, map { open F, '<', $_; <F> } qw(/proc/sysvipc/shm /proc/1/maps);"
                            + " @p = grep { $_ != $$ } map { /(\\d+)/ } glob '/proc/[0-9]*'; print @p > 1 ? \"@p\" : ''";
            for (int i = 0; i < 2; i++) {
                assertEquals("", out(stand.run(Given.perl(disk.path(), look))));
            }
        }
    }
}
