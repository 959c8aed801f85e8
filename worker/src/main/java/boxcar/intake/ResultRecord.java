package boxcar.intake;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.JobResult;
import boxcar.job.Rejection;
import boxcar.job.Usage;
import boxcar.schema.File;
import boxcar.schema.Outcome;
import boxcar.schema.RejectionCode;
import boxcar.schema.Stage;
import boxcar.schema.TestResult;
import boxcar.schema.Verdict;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a job, in the words and units of the wire: seconds, kilobytes, null for unknown.
 */
final class ResultRecord {
    private static final int MESSAGE = 16_384;

    private ResultRecord() {}

    static boxcar.schema.JobResult of(JobResult result, ResultStamp stamp) {
        return boxcar.schema.JobResult.newBuilder()
                .setJobId(stamp.jobId())
                .setKind(boxcar.schema.JobKind.valueOf(stamp.kind().name()))
                .setOutcome(Outcome.valueOf(result.outcome().name()))
                .setVerdict(result.verdict() == null ? null : verdict(result.verdict()))
                .setRuntimeId(result.runtimeId())
                .setRuntime(text(result.runtimeName()))
                .setRejection(result.rejection() == null ? null : rejection(result.rejection()))
                .setFault(fault(result.fault()))
                .setInstall(stage(result.install()))
                .setCompile(stage(result.compile()))
                .setRun(stage(result.run()))
                .setTests(result.tests().stream().map(ResultRecord::test).toList())
                .setOutputFiles(result.outputFiles().stream().map(ResultRecord::file).toList())
                .setMissingOutputFiles(texts(result.missingOutputFiles()))
                .setAttempt(stamp.attempt())
                .setDelivery(stamp.delivery())
                .setReplica(stamp.replica())
                .setEngine(stamp.engine())
                .setQueuedAt(stamp.queuedAt())
                .setStartedAt(stamp.startedAt())
                .setFinishedAt(stamp.finishedAt())
                .build();
    }

    private static Verdict verdict(boxcar.job.Verdict verdict) {
        return Verdict.valueOf(verdict.name());
    }

    static boxcar.schema.Rejection rejection(Rejection rejection) {
        return boxcar.schema.Rejection.newBuilder()
                .setField(rejection.field())
                .setValue(text(rejection.value()))
                .setBound(rejection.bound())
                .setMessage(Utf8.whole(rejection.message()))
                .setCode(RejectionCode.valueOf(rejection.code().name()))
                .setLeast(rejection.range() == null ? null : rejection.range().least())
                .setMost(rejection.range() == null ? null : rejection.range().most())
                .setUnit(rejection.range() == null ? null : rejection.range().unit())
                .build();
    }

    private static boxcar.schema.@Nullable FaultReport fault(
            JobResult.@Nullable FaultReport fault) {
        return fault == null
                ? null
                : new boxcar.schema.FaultReport(fault.step(), text(fault.message()));
    }

    private static TestResult test(JobResult.TestResult test) {
        return new TestResult(test.id(), verdict(test.verdict()), stage(test.run()));
    }

    private static File file(JobResult.OutputFile file) {
        return File.newBuilder()
                .setPath(file.path())
                .setContent(ByteBuffer.wrap(file.content()))
                .setExecutable(file.executable())
                .build();
    }

    private static @Nullable Stage stage(JobResult.@Nullable StageResult result) {
        if (result == null) {
            return null;
        }
        Ending ending = result.ending();
        Usage usage = ending.usage();
        return Stage.newBuilder()
                .setVerdict(verdict(result.verdict()))
                .setMemory(usage.memoryKib())
                .setExitCode(ending.exitCode())
                .setExitSignal(ending.exitSignal())
                .setExitMessage(text(ending.message()))
                .setExitStatus(ending.status())
                .setStdout(output(ending.stdout()))
                .setStderr(output(ending.stderr()))
                .setStdoutTruncated(ending.stdout().truncated())
                .setStderrTruncated(ending.stderr().truncated())
                .setCpuTime(seconds(usage.cpuTime()))
                .setWallTime(seconds(usage.wallTime()))
                .setMaxRss(usage.maxRssKib())
                .setCswVoluntary(usage.cswVoluntary())
                .setCswForced(usage.cswForced())
                .setKilled(usage.killed())
                .setOomKilled(usage.oomKilled())
                .setProcessLimitHit(usage.processLimitHit())
                .build();
    }

    /** A cut goes before a character that it would split, lest the whole text stop being UTF-8. */
    private static ByteBuffer output(Captured captured) {
        byte[] bytes = captured.bytes();
        int length = captured.truncated() ? Utf8.wholeLength(bytes, bytes.length) : bytes.length;
        return ByteBuffer.wrap(bytes, 0, length).slice();
    }

    /** To the millisecond, rounded. */
    private static @Nullable Double seconds(@Nullable Duration time) {
        return time == null ? null : time.plusNanos(500_000).toMillis() / 1000.0;
    }

    private static @Nullable String text(@Nullable String text) {
        if (text == null) {
            return null;
        }
        return Utf8.whole(text.length() > MESSAGE ? text.substring(0, MESSAGE) + "…" : text);
    }

    private static Map<String, String> texts(Map<String, String> texts) {
        Map<String, String> whole = new HashMap<>();
        texts.forEach((key, value) -> whole.put(Utf8.whole(key), Utf8.whole(value)));
        return whole;
    }
}
