package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Bind;
import boxcar.job.Ending;
import boxcar.job.Ending.Exited;
import boxcar.job.Ending.Signalled;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That the figures of a stage are its own, whatever other stages did in its box before; and what is
 * told of each way to end. A part of {@link SandboxContractTest}.
 */
interface FiguresContract {
    int MIB = 1 << 20;
    int FILE_KIB = 110_000_000 / 1024;

    /** With modes: what it does with how many bytes. */
    String PROGRAM =
            """
            #include <fcntl.h>
            #include <pthread.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static char array[13672 << 10];
            static char buffer[1 << 16];
            static void touch(volatile char *all, long bytes) {
                for (long i = 0; i < bytes; i += 4096) all[i] = 1;
            }
            static void read_file(const char *name) {
                int file = open(name, O_RDONLY);
                if (file < 0) exit(9);
                while (read(file, buffer, sizeof buffer) > 0);
                close(file);
            }
            static void *rest(void *x) { usleep(200000); return x; }
            int main(int argc, char **argv) {
                const char *mode = argv[1];
                long number = atol(argv[2]);
                if (!strcmp(mode, "heap")) touch(malloc(number), number);
                if (!strcmp(mode, "array")) touch(array, sizeof array);
                if (!strcmp(mode, "read")) { read_file(argv[3]); touch(malloc(number), number); }
                if (!strcmp(mode, "pair")) {
                    int ready[2], go[2];
                    char x;
                    if (pipe(ready) || pipe(go)) return 8;
                    if (!fork()) {
                        touch(malloc(number), number);
                        write(ready[1], "x", 1);
                        read(go[0], &x, 1);
                        _exit(0);
                    }
                    touch(malloc(number), number);
                    close(ready[1]);
                    if (read(ready[0], &x, 1) != 1) return 7;
                    write(go[1], "x", 1);
                    wait(0);
                }
                if (!strcmp(mode, "threads")) {
                    long n = 0;
                    pthread_t thread;
                    pthread_attr_t small;
                    pthread_attr_init(&small);
                    pthread_attr_setstacksize(&small, 65536);
                    while (n < number && !pthread_create(&thread, &small, rest, 0)) n++;
                    printf("%ld", n);
                    fflush(stdout);
                    usleep(300000);
                }
                return 0;
            }
            """;

    /** Runs it in the one box of the sandbox. */
    Ending run(Given given) throws Fault, InterruptedException;

    /** The same, and once more after a fault of isolate 2.6 over children that are left. */
    Ending runOrTryAgain(Given given) throws Fault, InterruptedException;

    /** An empty work directory. */
    Path work();

    /** A folder that is there as long as the sandbox. */
    Path home();

    Sandbox sandbox();

    private void needGroups() {
        assumeTrue(
                sandbox().engine().memory() == Sandbox.MemoryLimit.GROUP,
                "this engine does not count the memory of a group here");
    }

    /** The program, made when it is first wanted, and a file of 110 MB in the same folder. */
    private Path programs() throws IOException, InterruptedException {
        Path folder = home().resolve("figures");
        if (!Files.exists(folder)) {
            Files.createDirectory(folder);
            Files.setAttribute(folder, "unix:mode", 0755);
            Path source = folder.resolve("program.c");
            Files.writeString(source, PROGRAM);
            tool("cc", "-O1", "-pthread", "-o", folder + "/program", source.toString());
            tool("dd", "if=/dev/zero", "of=" + folder + "/large", "bs=1000000", "count=110");
        }
        return folder;
    }

    private static void tool(String... words) throws IOException, InterruptedException {
        var done = OsProcess.run(Command.tool(List.of(words)), Duration.ofMinutes(2));
        assertTrue(done.well(), done.evidence());
    }

    /** Nobody has the file in memory: who reads it next is charged. */
    private void forget(Path folder) throws IOException, InterruptedException {
        Path file = folder.resolve("large");
        tool("dd", "of=" + file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0");
        assumeTrue(
                List.of("ext2/ext3", "ext4", "xfs", "btrfs", "overlay")
                        .contains(Files.getFileStore(file).type()),
                "the test's files are in memory, not on a disk");
    }

    private Given program(String... arguments) throws IOException, InterruptedException {
        var words = new ArrayList<>(List.of("/figures/program"));
        words.addAll(List.of(arguments));
        return Given.command(work(), words.toArray(String[]::new))
                .binds(Bind.readOnly(programs(), "/figures"));
    }

    /** Two jobs that read a large file, of which the first finds nothing of it in memory. */
    private void othersReadLargeFiles() throws Exception {
        forget(programs());
        for (int job = 0; job < 2; job++) {
            Ending ending =
                    run(
                            Given.sh(work(), "cat /figures/large > /dev/null")
                                    .binds(Bind.readOnly(programs(), "/figures")));
            assertEquals(new Exited(0), ending.how());
        }
    }

    private static long memory(Ending ending) {
        return Objects.requireNonNull(ending.usage().memoryKib(), ending.toString());
    }

    /** At least the truth, and at most two per cent above it. */
    private static void assertTrueTo(long kib, Ending ending) {
        long told = memory(ending);
        assertEquals(new Exited(0), ending.how(), ending.toString());
        assertTrue(
                told >= kib * 0.98 && told <= kib * 1.02, told + " KiB, in truth " + kib + " KiB");
    }

    // Memory

    @Test
    default void memoryIsThatOfTheStageWhateverOthersReadInTheBox() throws Exception {
        memoryIsTrue(10);
    }

    @Tag("long")
    @Timeout(3600)
    @Test
    default void memoryIsThatOfTheStageAHundredTimes() throws Exception {
        memoryIsTrue(100);
    }

    private void memoryIsTrue(int rounds) throws Exception {
        needGroups();
        for (int round = 0; round < rounds; round++) {
            if (round % 10 == 0) {
                othersReadLargeFiles();
            }
            long large = 245L * MIB;
            assertTrueTo(245 * 1024, run(program("heap", Long.toString(large)).memoryKib(262_144)));

            Ending close = run(program("heap", "13000000").memoryKib(13_000));
            assertEquals(new Exited(0), close.how(), close.toString());
            assertTrue(memory(close) >= 12_696 && memory(close) <= 13_000, close.toString());

            Ending array = run(program("array", "0").memoryKib(13_000));
            assertKilledForMemory(array);
            assertTrue(memory(array) > 12_700 && memory(array) <= 13_000, "at the limit: " + array);

            assertTrueTo(
                    120 * 1024, run(program("pair", Long.toString(60L * MIB)).memoryKib(262_144)));
            Ending reader =
                    run(
                            program("read", Long.toString(100L * MIB), "/figures/large")
                                    .memoryKib(262_144));
            assertEquals(new Exited(0), reader.how(), reader.toString());
            // A busy host drops a part of the file now and then; who reads that next is charged.
            assertTrue(
                    memory(reader) > 102_000 && memory(reader) < 102_400 + FILE_KIB,
                    reader.toString());
        }
    }

    private static void assertKilledForMemory(Ending ending) {
        assertEquals(new Signalled(9), ending.how(), ending.toString());
        assertTrue(ending.usage().oomKilled(), ending.toString());
    }

    @Test
    default void aFileThatOnlyTheStageHasReadCountsAndIsGivenUpBeforeTheProgramDies()
            throws Exception {
        needGroups();
        Given reads = program("read", Long.toString(100L * MIB), "/figures/large");
        forget(programs());

        Ending ample = run(reads.memoryKib(262_144));
        assertEquals(new Exited(0), ample.how(), ample.toString());
        assertTrue(memory(ample) > 100 * 1024 + FILE_KIB / 2, ample.toString());
        assertTrue(memory(ample) < (100 * 1024 + FILE_KIB) * 1.02, ample.toString());

        forget(programs());
        Ending tight = run(reads.memoryKib(110 * 1024));
        assertEquals(new Exited(0), tight.how(), tight.toString());
        assertTrue(memory(tight) <= 110 * 1024, tight.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tmp", "/dev/shm", "/box"})
    default void filesInMemoryCountOnlyToTheStageThatWroteThem(String folder) throws Exception {
        needGroups();
        String write = "head -c 50000000 /dev/zero > " + folder + "/file";

        Ending writer = run(Given.sh(work(), write));
        assertEquals(new Exited(0), writer.how(), writer.toString());
        assertTrue(memory(writer) > 48_828, writer.toString());
        Ending next = run(Given.sh(work(), ":"));
        assertTrue(memory(next) < 4096, next.toString());
    }

    // Processes

    @ParameterizedTest
    @CsvSource({
        "forks, 4, 3, 3, false",
        "forks, 4, 9, 3, true",
        "forks, 1, 1, 0, true",
        "threads, 5, 4, 4, false",
        "threads, 5, 9, 4, true"
    })
    default void asManyProcessesAsAskedForAreAllowedAndARefusalIsTold(
            String mode, int most, int wanted, int got, boolean hit) throws Exception {
        String forks =
                "my $n = 0; for (1..$ARGV[0]) { my $p = fork; last if !defined $p;"
                        + " if (!$p) { sleep 9; exit } $n++ } print $n;"
                        + " select undef, undef, undef, 0.2";
        Given given =
                mode.equals("forks")
                        ? Given.perl(work(), forks, Integer.toString(wanted))
                        : program(mode, Integer.toString(wanted));

        Ending ending = runOrTryAgain(given.processes(most));

        assertEquals(Integer.toString(got), SandboxContractTest.out(ending), ending.toString());
        assertEquals(new Exited(0), ending.how());
        if (sandbox().engine().cgroups().equals("v1")) {
            assertNotNull(ending.usage().processLimitHit(), "version 1 counts refusals");
        }
        if (ending.usage().processLimitHit() != null) {
            assertEquals(hit, ending.usage().processLimitHit(), ending.toString());
        }
    }

    @Test
    default void aRefusalInOneStageIsNotToldOfTheNext() throws Exception {
        run(Given.perl(work(), "fork for 1..9; sleep 1").processes(3));

        Boolean hit = run(Given.sh(work(), ":")).usage().processLimitHit();

        assertTrue(hit == null || !hit);
    }

    // How it is told: the table in docs/jobs.md

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "exit 0                               | 0 | -  | -  | false | false",
                "exit 3                               | 3 | -  | RE | false | false",
                "kill -SEGV $$                        | - | 11 | SG | false | false",
                "kill -KILL $$                        | - | 9  | SG | false | false",
                "exec head -c 9000000 /dev/zero > big | - | 25 | SG | false | false",
                "while :; do :; done                  | - | -  | TO | true  | false",
                "exec sleep 15                        | - | -  | TO | true  | false",
                "exec perl -e '1 while (times)[0] < 0.9'   | - | -  | TO | false | false",
                "exec cat /dev/zero                   | - | 9  | SG | true  | false",
                "exec perl -e '$x = \"a\" x 9e7; sleep 9'    | - | 9  | SG | true  | true",
                "perl -e '$x = \"a\" x 9e7; sleep 9'; exit 0 | 0 | -  | -  | false | true",
                "perl -e '$x = \"a\" x 9e7; sleep 9'; exit 4 | 4 | -  | RE | false | true",
            })
    default void eachWayToEndIsToldByOneRule(
            String script, Integer code, Integer signal, String status, boolean killed, boolean oom)
            throws Exception {
        if (oom) {
            needGroups();
        }
        Given given =
                Given.sh(work(), script)
                        .wall(Duration.ofSeconds(script.contains("sleep 15") ? 1 : 60))
                        .cpu(Duration.ofMillis(oom ? 5000 : 500))
                        .extra(Duration.ofMillis(script.contains("times") ? 9000 : 200))
                        .fileSizeKib(4096)
                        .memoryKib(oom ? 65_536 : 262_144)
                        .capKib(64);

        Ending ending = run(given);

        assertEquals(code, ending.exitCode(), ending.toString());
        assertEquals(signal, ending.exitSignal(), ending.toString());
        assertEquals(status, ending.status(), ending.toString());
        assertEquals(killed, ending.usage().killed(), ending.toString());
        assertEquals(oom, ending.usage().oomKilled(), ending.toString());
        assertEquals(status == null, ending.message() == null, ending.toString());
    }

    @Test
    default void outputThatIsTooLongIsToldByTheProgramsOwnEndingIfThatCameFirst() throws Exception {
        Ending ending = run(Given.sh(work(), "head -c 5000 /dev/zero; exit 3").capKib(4));

        Ending.Flooded how = (Ending.Flooded) ending.how();
        if (how.before() != null) {
            assertEquals(new Exited(3), how.before());
            assertEquals(3, ending.exitCode());
            assertEquals("RE", ending.status());
        } else {
            assertTrue(ending.usage().killed());
            assertEquals(9, ending.exitSignal());
        }
    }
}
