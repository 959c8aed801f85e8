package boxcar.intake;

import boxcar.job.JobResult;
import boxcar.job.JobResult.OutputFile;
import boxcar.job.JobResult.StageResult;
import boxcar.job.JobResult.TestResult;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The same result with less in it, and saying so. */
final class SmallerResult {
    private static final String WHY = "too large to send";

    private SmallerResult() {}

    /** Keeps the smallest files, in their order; the others are told as missing. */
    static JobResult keepFiles(JobResult result, int count) {
        Set<String> kept = new HashSet<>();
        result.outputFiles().stream()
                .sorted(Comparator.comparingInt(file -> file.content().length))
                .limit(count)
                .forEach(file -> kept.add(file.path()));
        Map<String, String> missing = new HashMap<>(result.missingOutputFiles());
        for (OutputFile file : result.outputFiles()) {
            if (!kept.contains(file.path())) {
                missing.put(file.path(), WHY);
            }
        }
        List<OutputFile> files =
                result.outputFiles().stream().filter(file -> kept.contains(file.path())).toList();
        return new JobResult(
                result.outcome(),
                result.verdict(),
                result.runtimeId(),
                result.runtimeName(),
                result.rejection(),
                result.fault(),
                result.install(),
                result.compile(),
                result.run(),
                result.tests(),
                files,
                missing);
    }

    /** Cuts each output to a number of bytes. */
    static JobResult cutOutputs(JobResult result, int length) {
        List<TestResult> tests = result.tests().stream().map(t -> t.cut(length)).toList();
        return new JobResult(
                result.outcome(),
                result.verdict(),
                result.runtimeId(),
                result.runtimeName(),
                result.rejection(),
                result.fault(),
                cut(result.install(), length),
                cut(result.compile(), length),
                cut(result.run(), length),
                tests,
                result.outputFiles(),
                result.missingOutputFiles());
    }

    private static @Nullable StageResult cut(@Nullable StageResult stage, int length) {
        return stage == null ? null : stage.cut(length);
    }
}
