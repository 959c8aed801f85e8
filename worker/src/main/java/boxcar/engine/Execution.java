package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Cancellation;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobResult.Outcome;
import boxcar.job.JobResult.StageResult;
import boxcar.job.JobResult.TestResult;
import boxcar.job.LanguageRuntime;
import boxcar.job.Rejection;
import boxcar.job.Verdict;
import boxcar.job.Workshop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Carries out one execute job: sources, compile, then one run or many. Each stage gets a new box.
 */
final class Execution {
    private final Job.Execute job;
    private final EngineSettings settings;
    private final WorkDirectories directories;
    private final StageRunner stages;
    private final Cancellation cancellation;

    Execution(
            Job.Execute job,
            EngineSettings settings,
            WorkDirectories directories,
            StageRunner stages,
            Cancellation cancellation) {
        this.job = job;
        this.settings = settings;
        this.directories = directories;
        this.stages = stages;
        this.cancellation = cancellation;
    }

    JobResult run(LanguageRuntime runtime, Workshop workshop)
            throws Rejected, Fault, InterruptedException {
        rejectIfTooLate();
        SourceTree.check(job.sources(), runtime.definition().sourceFileName());
        Optional<Workshop.Loan> borrowed;
        try (var _ = stages.telemetry().begin("runtime")) {
            borrowed = cancellation.awaitUnlessCancelled(() -> workshop.borrow(runtime.id()));
        }
        if (borrowed.isEmpty()) {
            return JobResult.cancelled().withRuntime(runtime.id(), runtime.name());
        }
        try (Workshop.Loan loan = borrowed.get();
                WorkDirectory work = directories.create()) {
            try (var _ = stages.telemetry().begin("work-directory")) {
                SourceTree.write(job.sources(), runtime.definition().sourceFileName(), work);
            }
            Program program = new Program(loan.home(), job.env(), settings);
            program.requireThatVariablesArrive();
            StageResult compile =
                    runtime.definition().compileScript() == null
                            ? null
                            : stages.run(program.compile(work, job.compileLimits()), cancellation);
            if (compile != null && compile.verdict() != Verdict.OK) {
                return result(
                        runtime,
                        ofCompile(compile.verdict()),
                        compile,
                        null,
                        List.of(),
                        OutputFiles.notRun(job.outputFiles()));
            }
            return job.tests().isEmpty()
                    ? runOnce(runtime, program, work, compile)
                    : runTests(runtime, program, work, compile);
        }
    }

    private void rejectIfTooLate() throws Rejected {
        if (job.deadline() != null && !settings.clock().instant().isBefore(job.deadline())) {
            throw new Rejected(
                    Rejection.Code.DEADLINE_PASSED,
                    "deadline",
                    job.deadline().toString(),
                    "must not be in the past");
        }
    }

    private static Verdict ofCompile(Verdict stage) {
        return stage == Verdict.CANCELLED ? Verdict.CANCELLED : Verdict.COMPILE_ERROR;
    }

    private JobResult runOnce(
            LanguageRuntime runtime,
            Program program,
            WorkDirectory work,
            @Nullable StageResult compile)
            throws Fault, InterruptedException {
        StageResult run =
                stages.run(
                        program.run(work, job.runLimits(), job.args(), job.stdin()), cancellation);
        return result(runtime, run.verdict(), compile, run, List.of(), outputFiles(work));
    }

    private JobResult runTests(
            LanguageRuntime runtime,
            Program program,
            WorkDirectory compiled,
            @Nullable StageResult compile)
            throws Fault, InterruptedException {
        var results = new KeptTests(settings.resultKib() * 1024L);
        OutputFiles files = OutputFiles.notRun(job.outputFiles());
        for (Job.Test test : job.tests()) {
            if (cancellation.isCancelled()) {
                results.add(new TestResult(test.id(), Verdict.CANCELLED, null));
                continue;
            }
            try (WorkDirectory work = directories.copyOf(compiled, cancellation)) {
                if (work == null) {
                    Verdict verdict =
                            cancellation.isCancelled()
                                    ? Verdict.CANCELLED
                                    : Verdict.FILE_SIZE_LIMIT;
                    results.add(new TestResult(test.id(), verdict, null));
                    continue;
                }
                results.add(runTest(program, work, test));
                files = OutputFiles.NONE;
                files = outputFiles(work);
            }
        }
        return result(runtime, ofTests(results.all()), compile, null, results.all(), files);
    }

    private OutputFiles outputFiles(WorkDirectory work) throws Fault {
        return OutputFiles.read(work, job.outputFiles(), settings.outputFilesKib() * 1024);
    }

    private TestResult runTest(Program program, WorkDirectory work, Job.Test test)
            throws Fault, InterruptedException {
        List<String> args = new ArrayList<>(job.args());
        args.addAll(test.args());
        StageRunner.Compared run =
                stages.run(
                        program.run(work, job.runLimits(), args, test.stdin()),
                        test.expected(),
                        cancellation);
        return new TestResult(test.id(), run.verdict(), run.result());
    }

    /** The job's verdict: that it was cancelled, else that of the first test that is not OK. */
    private static Verdict ofTests(List<TestResult> results) {
        List<Verdict> bad =
                results.stream()
                        .map(TestResult::verdict)
                        .filter(verdict -> verdict != Verdict.OK)
                        .toList();
        if (bad.contains(Verdict.CANCELLED)) {
            return Verdict.CANCELLED;
        }
        return bad.isEmpty() ? Verdict.OK : bad.getFirst();
    }

    private static JobResult result(
            LanguageRuntime runtime,
            Verdict verdict,
            @Nullable StageResult compile,
            @Nullable StageResult run,
            List<TestResult> tests,
            OutputFiles files) {
        return new JobResult(
                outcome(verdict),
                verdict,
                runtime.id(),
                runtime.name(),
                null,
                null,
                null,
                compile,
                run,
                tests,
                files.found(),
                files.missing());
    }

    static Outcome outcome(Verdict verdict) {
        return switch (verdict) {
            case OK -> Outcome.SUCCEEDED;
            case CANCELLED -> Outcome.CANCELLED;
            case WRONG_ANSWER,
                    COMPILE_ERROR,
                    RUNTIME_ERROR,
                    CRASHED,
                    CPU_TIME_LIMIT,
                    WALL_TIME_LIMIT,
                    MEMORY_LIMIT,
                    OUTPUT_LIMIT,
                    FILE_SIZE_LIMIT ->
                    Outcome.FAILED;
        };
    }

    /** What the program left for the job: that of its last test that ran, if it has tests. */
    record OutputFiles(List<JobResult.OutputFile> found, Map<String, String> missing) {
        static final OutputFiles NONE = new OutputFiles(List.of(), Map.of());

        static OutputFiles notRun(List<String> paths) {
            return new OutputFiles(
                    List.of(),
                    paths.stream()
                            .collect(
                                    Collectors.toMap(
                                            path -> path, _ -> "the program did not run")));
        }

        static OutputFiles read(WorkDirectory work, List<String> paths, long budget) throws Fault {
            return paths.isEmpty() ? NONE : new OutputReader(work.path(), budget).read(paths);
        }
    }
}
