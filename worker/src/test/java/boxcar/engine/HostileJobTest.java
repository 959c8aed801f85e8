package boxcar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.abort;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobResult.StageResult;
import boxcar.job.LanguageRuntime;
import boxcar.job.Limits;
import boxcar.job.Progress;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import boxcar.job.Workshop;
import boxcar.process.Command;
import boxcar.process.OsProcess;
import boxcar.reliability.Must;
import boxcar.reliability.Told;
import boxcar.reliability.Tried;
import boxcar.sandbox.SandboxSettings;
import boxcar.sandbox.SandboxSettings.Choice;
import boxcar.sandbox.Sandboxes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs whose compile stage sets traps for what comes after it, in a real sandbox. */
class HostileJobTest implements Told {
    static final Limits LIMITS =
            new Limits(
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10),
                    Duration.ZERO,
                    512 * 1024,
                    16 * 1024,
                    64,
                    32,
                    1024);

    private Path home = Path.of("unset");
    private Optional<Sandbox> sandbox = Optional.empty();
    private String outcome = "";

    @Override
    public String engine() {
        return sandbox.map(Sandbox::engine).map(e -> e.name() + " " + e.version()).orElse("");
    }

    @Override
    public String outcome() {
        return outcome;
    }

    @AfterEach
    void close() throws Exception {
        sandbox.ifPresent(Sandbox::close);
        if (Files.isDirectory(home)) {
            Trees.delete(home);
        }
    }

    /** What a job does, and the files that it asks for. */
    private record Trap(
            String compile, String run, List<Job.Test> tests, List<String> outputFiles) {
        Trap(String compile, String run) {
            this(compile, run, List.of(), List.of());
        }
    }

    private JobResult run(String program, Trap trap) throws Exception {
        return run(program, trap, LIMITS, LIMITS);
    }

    /** Small enough that the disk is not full before. */
    private static Limits filesOf(long kib) {
        return new Limits(
                LIMITS.wallTime(),
                LIMITS.cpuTime(),
                LIMITS.extraTime(),
                LIMITS.memoryKib(),
                kib,
                LIMITS.maxOpenFiles(),
                LIMITS.maxProcesses(),
                LIMITS.maxOutputKib());
    }

    private JobResult run(String program, Trap trap, Limits compile, Limits run) throws Exception {
        home = Files.createTempDirectory("hostile-job");
        try {
            sandbox =
                    Optional.of(
                            Sandboxes.open(
                                    new SandboxSettings(
                                            program.equals("runc") ? Choice.RUNC : Choice.ISOLATE,
                                            program,
                                            program,
                                            970,
                                            979,
                                            1,
                                            home.resolve("locks"),
                                            16 * 1024)));
        } catch (Fault e) {
            abort(program + ": " + e.getMessage());
        }
        Path runtime = Files.createDirectory(home.resolve("runtime"));
        script(runtime.resolve("compile"), trap.compile());
        script(runtime.resolve("run"), trap.run());
        // Open to everybody on the host: only the sandbox keeps programs from changing it.
        Files.setAttribute(runtime, "unix:mode", 0777);
        Files.writeString(runtime.resolve("shared"), "kept");
        Files.setAttribute(runtime.resolve("shared"), "unix:mode", 0666);
        var settings =
                new EngineSettings(
                        home.resolve("work"),
                        64,
                        64,
                        1024,
                        LIMITS,
                        LIMITS,
                        Set.of(),
                        InstantSource.system());
        var engine =
                new Engine(
                        settings,
                        sandbox.orElseThrow(),
                        new OneRuntime(runtime),
                        new OneEntry(),
                        new EmptyLog(),
                        Telemetry.NONE);
        var job =
                new Job.Execute(
                        "job",
                        "digest",
                        new Job.RuntimeRef.ById(0),
                        new Job.Sources("source".getBytes(UTF_8), List.of()),
                        new byte[0],
                        List.of(),
                        Map.of(),
                        compile,
                        run,
                        trap.tests(),
                        trap.outputFiles(),
                        null);
        JobResult result = engine.run(job, Progress.NONE, new Cancellation());
        outcome = String.valueOf(result.verdict());
        return result;
    }

    private static void script(Path file, String text) throws Exception {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setAttribute(file, "unix:mode", 0755);
    }

    private static Job.Test test(String id) {
        return new Job.Test(id, new byte[0], List.of(id), null);
    }

    @Tried(
            "Links, hard links, FIFOs, sockets, device nodes and folders set for the run "
                    + "stage and for `output_files`")
    @Must("neither followed nor sent; each missing file with its reason")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void trapsInTheWorkDirectoryAreNeitherFollowedNorSent(String program) throws Exception {
        String socket =
                " perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0;"
                        + " bind S, pack_sockaddr_un(\"socket\") or exit 1' || echo unbound;";
        JobResult result =
                run(
                        program,
                        new Trap(
                                "mkfifo fifo; ln -s /etc/shadow link; ln -s /etc folder; mkdir d;"
                                        + " rm source; ln -s /etc/shadow source; echo good > good;"
                                        + socket
                                        + " test -p fifo && test -S socket && test -L source"
                                        + " && echo planted",
                                "test -e fifo && echo fifo; test -e socket && echo socket;"
                                        + " cat link folder/shadow source 2>/dev/null;"
                                        + " mkfifo fifo || echo none; head -c 100000 /dev/zero > big;"
                                        + " mknod device c 1 3 2>/dev/null && echo device;"
                                        + " ln /usr/bin/perl hard 2>/dev/null && echo hard;"
                                        + socket
                                        + " exit 0",
                                List.of(),
                                List.of(
                                        "link",
                                        "folder/shadow",
                                        "hard",
                                        "fifo",
                                        "socket",
                                        "device",
                                        "good",
                                        "d",
                                        "big")));

        assertEquals(Verdict.OK, result.verdict(), result.toString());
        assertEquals("planted\n", out(ran(result.compile())));
        assertEquals("", out(ran(result.run())));
        assertEquals(
                Map.of("good", "good\n"),
                result.outputFiles().stream()
                        .collect(
                                Collectors.toMap(
                                        JobResult.OutputFile::path,
                                        file -> new String(file.content(), UTF_8))));
        assertEquals(
                Map.of(
                        "link", "not a regular file",
                        "folder/shadow", "not a regular file",
                        "hard", "absent",
                        "device", "absent",
                        "socket", "not a regular file",
                        "fifo", "not a regular file",
                        "d", "not a regular file",
                        "big", "100000 bytes are more than the 65531 that may still be sent"),
                result.missingOutputFiles());
    }

    private static String out(StageResult stage) {
        return new String(stage.ending().stdout().bytes(), UTF_8);
    }

    private static StageResult ran(@Nullable StageResult stage) {
        return Objects.requireNonNull(stage, "the stage did not run");
    }

    @Tried("A program that fills its work directory with many files")
    @Must("`FILE_SIZE_LIMIT`")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aProgramThatFillsItsWorkDirectoryMeetsTheLimitOfFiles(String program) throws Exception {
        JobResult result =
                run(
                        program,
                        new Trap(
                                "exit 0",
                                "for i in 1 2 3 4 5; do head -c 5000000 /dev/zero > $i || exit 1; done"));

        assertEquals(Verdict.FILE_SIZE_LIMIT, result.verdict());
        assertEquals(JobResult.Outcome.FAILED, result.outcome());
    }

    @Tried("A program that makes empty files until its work directory has room for none")
    @Must("`FILE_SIZE_LIMIT`")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aProgramThatMakesTooManyFilesMeetsTheLimitOfFiles(String program) throws Exception {
        JobResult result =
                run(
                        program,
                        new Trap(
                                "exit 0",
                                "exec perl -e 'for (1..200_000) { open $f, q(>), $_ or exit 1 }'"));

        assertEquals(Verdict.FILE_SIZE_LIMIT, result.verdict(), result.toString());
        assertEquals(JobResult.Outcome.FAILED, result.outcome());
        assertEquals(new Ending.Exited(1), ran(result.run()).ending().how());
    }

    @Tried(
            "A program that ignores SIGXFSZ, as Python, Node and Java do, is told that its file is too large and"
                    + " exits with 1; one with a hole; one that is redirected; in a folder of the run and of the"
                    + " compile stage")
    @Must("`FILE_SIZE_LIMIT` of that stage")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aProgramThatOutlivesTheLimitOfAFileHasMetItAllTheSame(String program) throws Exception {
        String write =
                "exec perl -e '$SIG{XFSZ} = q(IGNORE); mkdir q(d); open $f, q(>), q(d/f); syswrite $f, q(x) x 65536"
                        + " or exit 1 for 1..65'";
        String hole =
                "exec perl -e '$SIG{XFSZ} = q(IGNORE); open $f, q(>), q(f); sysseek $f, (4 << 20) - 1, 0;"
                        + " syswrite $f, q(xx); syswrite $f, q(x) or die'";
        String redirected =
                "exec perl -e '$SIG{XFSZ} = q(IGNORE); syswrite STDOUT, q(x) x 65536 or kill 11, $$ for 1..65'"
                        + " > out";
        JobResult result =
                run(
                        program,
                        new Trap(
                                "exit 0",
                                "case $1 in write) "
                                        + write
                                        + ";; hole) "
                                        + hole
                                        + ";; *) "
                                        + redirected
                                        + ";; esac",
                                List.of(test("write"), test("hole"), test("redirected")),
                                List.of()),
                        LIMITS,
                        filesOf(4096));
        for (JobResult.TestResult test : result.tests()) {
            assertEquals(Verdict.FILE_SIZE_LIMIT, test.verdict(), test.toString());
        }
        assertEquals(new Ending.Exited(1), ran(result.tests().getFirst().run()).ending().how());
        assertEquals(new Ending.Signalled(11), ran(result.tests().getLast().run()).ending().how());
        sandbox.orElseThrow().close();
        Trees.delete(home);

        JobResult compiled = run(program, new Trap(write, "exit 0"), filesOf(4096), LIMITS);

        assertEquals(Verdict.COMPILE_ERROR, compiled.verdict(), compiled.toString());
        assertEquals(Verdict.FILE_SIZE_LIMIT, ran(compiled.compile()).verdict());
    }

    @Tried(
            "A program ignores SIGXFSZ, fills a file in /tmp or /dev/shm up to max_file_size, and exits"
                    + " with 1")
    @Must(
            "`FILE_SIZE_LIMIT`. A program that exits with 1 and leaves a smaller file: `RUNTIME_ERROR`."
                    + " One that leaves a file of that size and exits with 0: `OK`")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aFileInMemoryMeetsTheLimitOfAFileAsOneInTheWorkDirectoryDoes(String program)
            throws Exception {
        String write =
                "exec perl -e '$SIG{XFSZ} = q(IGNORE); open $f, q(>), shift; syswrite $f, q(x) x 65536"
                        + " or exit 1 for 1..17' ";
        JobResult result =
                run(
                        program,
                        new Trap(
                                "exit 0",
                                "case $1 in tmp) mkdir /tmp/d; "
                                        + write
                                        + "/tmp/d/f;; shm) "
                                        + write
                                        + "/dev/shm/f;; small) truncate -s 1048575 /tmp/f; exit 1;;"
                                        + " well) truncate -s 1048576 /tmp/f;; esac",
                                List.of(test("tmp"), test("small"), test("shm"), test("well")),
                                List.of()),
                        LIMITS,
                        filesOf(1024));

        List<Verdict> verdicts =
                result.tests().stream().map(JobResult.TestResult::verdict).toList();
        assertEquals(
                List.of(
                        Verdict.FILE_SIZE_LIMIT,
                        Verdict.RUNTIME_ERROR,
                        Verdict.FILE_SIZE_LIMIT,
                        Verdict.OK),
                verdicts,
                result.toString());
    }

    @Tried("A program that fails beside a large file that the compile stage left")
    @Must("`RUNTIME_ERROR`: that file is not its own")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aLargeFileOfTheCompileStageIsNotBlamedOnTheRun(String program) throws Exception {
        JobResult result =
                run(
                        program,
                        new Trap("truncate -s 8M large", "exit 1", List.of(test("a")), List.of()),
                        LIMITS,
                        filesOf(8 * 1024));

        assertEquals(Verdict.RUNTIME_ERROR, result.verdict(), result.toString());
    }

    @Tried("A compile stage that leaves holes and files of many names, to be copied for " + "tests")
    @Must("`FILE_SIZE_LIMIT` of that test")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void filesThatGrowWhenTheyAreCopiedForATestMeetTheLimitOfFiles(String program)
            throws Exception {
        JobResult result =
                run(
                        program,
                        new Trap(
                                "for i in 1 2 3 4 5 6 7 8; do truncate -s 8M hole$i; done;"
                                        + " echo x > f; for i in 1 2 3; do ln f g$i; done",
                                "exit 0",
                                List.of(test("a"), test("b")),
                                List.of()));

        assertEquals(Verdict.FILE_SIZE_LIMIT, result.verdict(), result.toString());
        assertEquals(2, result.tests().size());
    }

    @Tried(
            "A compile stage that leaves names with newlines, no UTF-8, 255 bytes, and folders 4,000 deep,"
                    + " to be copied for tests; `output_files` among them")
    @Must("each test finds the whole tree; the files are sent")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void aTreeOfAnyNamesAndAnyDepthIsCopiedForEachTestAndSent(String program) throws Exception {
        String longest = "n".repeat(255);
        String deep = "d/".repeat(63) + "file";
        JobResult result =
                run(
                        program,
                        new Trap(
                                """
                                exec perl -e '
                                for ("new\\nline", "\\xff\\xfe", "n" x 255) { mkdir $_ or exit 7 }
                                for ("\\xff\\n", "n" x 255 . "/" . "n" x 255, "file\\n") { open $f, q(>), $_ or exit 8; print $f "x" }
                                for (1..4000) { mkdir "d" or exit 9; chdir "d" or exit 10; $_ == 63 || $_ == 4000 or next; open $f, q(>), "file" or exit 11; print $f $_ }
                                mkdir "shut", 0 or exit 12'\
                                """,
                                """
                                exec perl -e '
                                opendir D, "."; print scalar(grep !/^[.][.]?$/, readdir D), " ";
                                -d or exit 7 for "new\\nline", "\\xff\\xfe", "n" x 255;
                                -f or exit 8 for "\\xff\\n", "n" x 255 . "/" . "n" x 255, "file\\n";
                                while (chdir "d") { $n++ } open $f, q(<), "file" or exit 11;
                                print $n, " ", <$f>, " ", -d "shut" ? "shut" : ""'\
                                """,
                                List.of(test("a"), test("b")),
                                List.of(
                                        longest + "/" + longest,
                                        deep,
                                        "file\n",
                                        "new\nline",
                                        "d/" + longest)));

        assertEquals(Verdict.OK, result.verdict(), result.toString());
        // The source is the seventh.
        for (JobResult.TestResult test : result.tests()) {
            assertEquals("7 4000 4000 shut", out(ran(test.run())));
        }
        assertEquals(2, result.tests().size());
        assertEquals(
                Map.of(longest + "/" + longest, "x", deep, "63", "file\n", "x"),
                result.outputFiles().stream()
                        .collect(
                                Collectors.toMap(
                                        JobResult.OutputFile::path,
                                        file -> new String(file.content(), UTF_8))));
        assertEquals(
                Map.of("new\nline", "not a regular file", "d/" + longest, "absent"),
                result.missingOutputFiles());
    }

    @Tried(
            "Compile and run stage write into /runtime, which is open to everybody on the host, and into"
                    + " /nix/store, and connect to the Nix daemon")
    @Must("refused; both are read-only; no connection")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void whatIsBoundForAProgramCannotBeChangedAndTheNixDaemonNotReached(String program)
            throws Exception {
        String connect =
                """
                perl -e 'for (@ARGV) { socket $s, 1, 1, 0; connect $s, pack("Sa*", 1, $_) and print "reached $_\n" }' \
                    /nix/var/nix/daemon-socket/socket\
                """;
        boolean store = Files.isDirectory(Path.of("/nix/store"));
        if (Files.exists(Path.of("/nix/var/nix/daemon-socket/socket"))) {
            var control =
                    OsProcess.run(
                            Command.tool(List.of("/bin/sh", "-c", connect)),
                            Duration.ofSeconds(20));
            assertEquals("reached /nix/var/nix/daemon-socket/socket", control.out());
        }
        String reach =
                """
                for d in /runtime /nix/store /nix /nix/var; do
                    (echo > $d/planted) 2>/dev/null && echo planted in $d; done
                (echo changed > /runtime/shared) 2>/dev/null && echo changed
                rm -f /runtime/shared 2>/dev/null && echo removed
                while read -r _ place _ options _; do
                    case $place in /runtime|/nix/store) echo "$place ${options%%,*}";; esac
                done < /proc/self/mounts | sort
                """
                        + connect
                        + " /nix/store/../var/nix/daemon-socket/socket"
                        + " /proc/self/root/nix/var/nix/daemon-socket/socket"
                        + " /proc/1/root/nix/var/nix/daemon-socket/socket\nexit 0";

        JobResult result = run(program, new Trap(reach, reach));

        assertEquals(Verdict.OK, result.verdict(), result.toString());
        String bound = store ? "/nix/store ro\n/runtime ro\n" : "/runtime ro\n";
        assertEquals(bound, out(ran(result.compile())));
        assertEquals(bound, out(ran(result.run())));
        assertEquals("kept", Files.readString(home.resolve("runtime/shared")));
        assertFalse(Files.exists(home.resolve("runtime/planted")));
        assertFalse(Files.exists(Path.of("/nix/store/planted")));
    }

    /** Lends one folder as the runtime. */
    record OneRuntime(Path folder) implements Workshop {
        @Override
        public Built build(
                RuntimeDefinition definition, Progress progress, Cancellation cancellation) {
            throw new IllegalStateException("nothing is installed");
        }

        @Override
        public Loan borrow(long runtimeId) {
            return new Loan() {
                @Override
                public RuntimeHome home() {
                    return new RuntimeHome(folder, Map.of());
                }

                @Override
                public void close() {}
            };
        }
    }

    record OneEntry() implements Catalogue {
        private static final LanguageRuntime SHELL =
                new LanguageRuntime(
                        0,
                        new RuntimeDefinition("sh", "source", "", "compile", "run", LIMITS),
                        LanguageRuntime.State.READY,
                        "digest",
                        "installer",
                        Instant.EPOCH,
                        null);

        @Override
        public Optional<LanguageRuntime> find(long id) {
            return Optional.of(SHELL);
        }

        @Override
        public Optional<LanguageRuntime> find(String name) {
            return Optional.of(SHELL);
        }

        @Override
        public List<LanguageRuntime> list() {
            return List.of(SHELL);
        }

        @Override
        public long position(LogIdentity log) {
            return 1;
        }

        @Override
        public void follow(long offset, CatalogueRecord entry) {}

        @Override
        public void skip(long offset) {}

        @Override
        public void awaitFollowed(long nextOffset) {}

        @Override
        public Optional<CatalogueRecord.Removed> removedBy(String jobId) {
            return Optional.empty();
        }
    }

    record EmptyLog() implements CatalogueLog {
        @Override
        public long append(CatalogueRecord entry) {
            throw new IllegalStateException("nothing is installed");
        }

        @Override
        public long end() {
            return 0;
        }
    }
}
