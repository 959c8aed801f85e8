package boxcar.intake;

import static boxcar.intake.SourcesReader.bytes;
import static boxcar.job.Rejection.Code.CONFLICT;
import static boxcar.job.Rejection.Code.GIVEN_TWICE;

import boxcar.job.Job;
import boxcar.job.Limits;
import boxcar.job.Rejection;
import boxcar.job.StageKind;
import boxcar.schema.ExecuteJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks an execution, in the order of its fields, and says it in the words of the job room. */
final class ExecuteReader {
    private final JobRules rules;

    ExecuteReader(JobRules rules) {
        this.rules = rules;
    }

    Job.Execute read(ExecuteJob job, String digest) throws Refusal {
        Job.RuntimeRef runtime = runtime(job.getRuntimeId(), job.getRuntime());
        Job.Sources sources = new SourcesReader(rules.caps()).read(job);
        if (job.getStdin().hasRemaining() && !job.getTests().isEmpty()) {
            throw Refusal.of(
                    CONFLICT,
                    "stdin",
                    "must not be given together with tests, which have their own");
        }
        long argBytes = arguments("args", job.getArgs(), 0, 0);
        environment(job.getEnv());
        Limits compile = limits("compile_limits", StageKind.COMPILE, job.getCompileLimits());
        Limits run = limits("run_limits", StageKind.RUN, job.getRunLimits());
        List<Job.Test> tests = tests(job, argBytes);
        outputFiles(job.getOutputFiles());
        return new Job.Execute(
                job.getJobId(),
                digest,
                runtime,
                sources,
                bytes(job.getStdin()),
                job.getArgs(),
                job.getEnv(),
                compile,
                run,
                tests,
                job.getOutputFiles(),
                deadline(job.getDeadline()));
    }

    /** A runtime is meant by its id or by its name. */
    static Job.RuntimeRef runtime(@Nullable Long id, @Nullable String name) throws Refusal {
        if (name != null) {
            if (id != null) {
                throw Refusal.naming(
                        CONFLICT, "runtime", name, "must not be given together with runtime_id");
            }
            return new Job.RuntimeRef.ByName(TextRules.name("runtime", name));
        }
        if (id == null) {
            throw Refusal.of(
                    Rejection.Code.MISSING, "runtime", "must be given, unless runtime_id is given");
        }
        if (id < 0) {
            throw new Refusal(
                    new Rejection(
                                    Rejection.Code.BELOW_MINIMUM,
                                    "runtime_id",
                                    id.toString(),
                                    "must be at least 0")
                            .within(new Rejection.Range(0.0, null, null)));
        }
        return new Job.RuntimeRef.ById(id);
    }

    private Limits limits(String field, StageKind kind, boxcar.schema.@Nullable Limits asked)
            throws Refusal {
        return new LimitsReader(field, rules.standard(kind), rules.most(kind)).read(asked);
    }

    /**
     * @return bytes of these arguments and the ones before them
     */
    private long arguments(String field, List<String> args, int countBefore, long bytesBefore)
            throws Refusal {
        TextRules.atMost(field, countBefore + args.size(), rules.caps().args(), "arguments");
        long bytes = bytesBefore;
        for (int i = 0; i < args.size(); i++) {
            bytes += TextRules.argumentBytes(FieldPath.item(field, i), args.get(i));
        }
        TextRules.atMost(field, bytes, rules.caps().argBytes(), "bytes");
        return bytes;
    }

    private void environment(Map<String, String> env) throws Refusal {
        TextRules.atMost("env", env.size(), rules.caps().envEntries(), "variables");
        long bytes = 0;
        for (Map.Entry<String, String> entry : env.entrySet()) {
            String name = entry.getKey();
            if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
                String bound = "must have names that are not empty and contain neither '=' nor NUL";
                throw Refusal.having(Rejection.Code.INVALID, "env", name, bound);
            }
            bytes +=
                    TextRules.argumentBytes(
                            FieldPath.key("env", name), name + "=" + entry.getValue());
        }
        TextRules.atMost("env", bytes, rules.caps().envBytes(), "bytes");
    }

    private List<Job.Test> tests(ExecuteJob job, long argBytes) throws Refusal {
        List<boxcar.schema.Test> asked = job.getTests();
        TextRules.atMost("tests", asked.size(), rules.caps().tests(), "tests");
        List<Job.Test> tests = new ArrayList<>(asked.size());
        Set<String> ids = new HashSet<>();
        for (boxcar.schema.Test test : asked) {
            String field = FieldPath.item("tests", tests.size());
            String id = TextRules.name(field + ".id", test.getId());
            if (!ids.add(id)) {
                throw Refusal.naming(
                        GIVEN_TWICE,
                        field + ".id",
                        id,
                        "must not be the id of another test of the job");
            }
            arguments(field + ".args", test.getArgs(), job.getArgs().size(), argBytes);
            tests.add(
                    new Job.Test(
                            id,
                            bytes(test.getStdin()),
                            test.getArgs(),
                            expected(test.getExpected())));
        }
        return tests;
    }

    private static Job.@Nullable Expected expected(boxcar.schema.@Nullable Expected asked) {
        return asked == null ? null : InstallReader.expected(asked);
    }

    private void outputFiles(List<String> paths) throws Refusal {
        TextRules.atMost("output_files", paths.size(), rules.caps().outputFiles(), "paths");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < paths.size(); i++) {
            String field = FieldPath.item("output_files", i);
            if (!seen.add(PathTree.path(field, paths.get(i)))) {
                throw Refusal.naming(GIVEN_TWICE, field, paths.get(i), "must not be given twice");
            }
        }
    }

    private @Nullable Instant deadline(@Nullable Instant deadline) throws Refusal {
        if (deadline != null && !deadline.isAfter(rules.clock().instant())) {
            throw Refusal.of(
                    Rejection.Code.DEADLINE_PASSED,
                    "deadline",
                    deadline.toString(),
                    "must not be in the past");
        }
        return deadline;
    }
}
