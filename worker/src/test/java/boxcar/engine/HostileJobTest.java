package boxcar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
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
    private static final Limits LIMITS =
            new Limits(
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10),
                    Duration.ZERO,
                    512 * 1024,
                    16 * 1024,
                    64,
                    32);

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

    private JobResult run(String program, String compile, String run, List<Job.Test> tests)
            throws Exception {
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
        script(runtime.resolve("compile"), compile);
        script(runtime.resolve("run"), run);
        var settings =
                new EngineSettings(
                        home.resolve("work"),
                        64,
                        64,
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
                        LIMITS,
                        LIMITS,
                        tests,
                        List.of(
                                "link",
                                "folder/passwd",
                                "hard",
                                "fifo",
                                "socket",
                                "device",
                                "good",
                                "d",
                                "big"),
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
        return new Job.Test(id, new byte[0], List.of(), null);
    }

    @Tried(
            "Links, hard links, FIFOs, sockets, device nodes and folders set for the run "
                    + "stage and for `output_files`")
    @Must("neither followed nor sent; each missing file with its reason")
    @ParameterizedTest
    @ValueSource(strings = {"isolate", "isolate-1", "runc"})
    void trapsInTheWorkDirectoryAreNeitherFollowedNorSent(String program) throws Exception {
        JobResult result =
                run(
                        program,
                        "mkfifo fifo; ln -s /etc/passwd link; ln -s /etc folder; mkdir d; rm source;"
                                + " ln -s /etc/shadow source; echo good > good",
                        "test -p fifo && echo fifo; cat link folder/passwd source 2>/dev/null;"
                                + " mkfifo fifo; head -c 100000 /dev/zero > big;"
                                + " mknod device c 1 3 2>/dev/null && echo device;"
                                + " ln /usr/bin/perl hard 2>/dev/null && echo hard;"
                                + " perl -MSocket -e 'socket S, AF_UNIX, SOCK_STREAM, 0;"
                                + " bind S, pack_sockaddr_un(\"socket\") or exit 1' || echo unbound; exit 0",
                        List.of());

        assertEquals(Verdict.OK, result.verdict(), result.toString());
        assertEquals("", new String(ran(result.run()).ending().stdout().bytes(), UTF_8));
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
                        "folder/passwd", "not a regular file",
                        "hard", "absent",
                        "device", "absent",
                        "socket", "not a regular file",
                        "fifo", "not a regular file",
                        "d", "not a regular file",
                        "big", "100000 bytes are more than the 65531 that may still be sent"),
                result.missingOutputFiles());
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
                        "exit 0",
                        "for i in 1 2 3 4 5; do head -c 5000000 /dev/zero > $i || exit 1; done",
                        List.of());

        assertEquals(Verdict.FILE_SIZE_LIMIT, result.verdict());
        assertEquals(JobResult.Outcome.FAILED, result.outcome());
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
                        "for i in 1 2 3 4 5 6 7 8; do truncate -s 8M hole$i; done;"
                                + " echo x > f; for i in 1 2 3; do ln f g$i; done",
                        "exit 0",
                        List.of(test("a"), test("b")));

        assertEquals(Verdict.FILE_SIZE_LIMIT, result.verdict(), result.toString());
        assertEquals(2, result.tests().size());
    }

    /** Lends one folder as the runtime. */
    private record OneRuntime(Path folder) implements Workshop {
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

    private record OneEntry() implements Catalogue {
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

    private record EmptyLog() implements CatalogueLog {
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
