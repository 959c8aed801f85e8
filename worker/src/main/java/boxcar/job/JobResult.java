package boxcar.job;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What became of a job: the part of the result that the engine tells. Intake adds who, when and
 * which delivery.
 *
 * @param runtimeId installed, removed or used
 * @param install null if the stage did not run, as are compile and run
 * @param missingOutputFiles path, then why it is not sent
 */
public record JobResult(
        Outcome outcome,
        @Nullable Verdict verdict,
        @Nullable Long runtimeId,
        @Nullable String runtimeName,
        @Nullable Rejection rejection,
        @Nullable FaultReport fault,
        @Nullable StageResult install,
        @Nullable StageResult compile,
        @Nullable StageResult run,
        List<TestResult> tests,
        List<OutputFile> outputFiles,
        Map<String, String> missingOutputFiles) {
    public JobResult {
        tests = List.copyOf(tests);
        outputFiles = List.copyOf(outputFiles);
        missingOutputFiles = Map.copyOf(missingOutputFiles);
    }

    /** How a job ended; the words of the wire. */
    public enum Outcome {
        SUCCEEDED,
        FAILED,
        REJECTED,
        CANCELLED,
        FAULT
    }

    /** What we failed at, as told to the producer. */
    public record FaultReport(String step, String message) {}

    /** One stage that ran, with what its ending means. */
    public record StageResult(Verdict verdict, Ending ending) {
        /** The same with no more than so many bytes of each output. */
        public StageResult cut(int length) {
            return new StageResult(verdict, ending.cut(length));
        }
    }

    /** What became of one test; {@code run} is null if it did not run. */
    public record TestResult(String id, Verdict verdict, @Nullable StageResult run) {
        /** The same with no more than so many bytes of each output. */
        public TestResult cut(int length) {
            return run == null ? this : new TestResult(id, verdict, run.cut(length));
        }
    }

    /**
     * A file that the program left and the job asked for.
     *
     * @param executable whether its owner may execute it
     */
    public record OutputFile(String path, byte[] content, boolean executable) {}

    /** A result in which nothing ran. */
    private static JobResult bare(
            Outcome outcome,
            @Nullable Verdict verdict,
            @Nullable Rejection rejection,
            @Nullable FaultReport fault) {
        return new JobResult(
                outcome, verdict, null, null, rejection, fault, null, null, null, List.of(),
                List.of(), Map.of());
    }

    public static JobResult rejected(Rejection rejection) {
        return bare(Outcome.REJECTED, null, rejection, null);
    }

    /** Cancelled before anything ran. */
    public static JobResult cancelled() {
        return bare(Outcome.CANCELLED, Verdict.CANCELLED, null, null);
    }

    public static JobResult fault(String step, String message) {
        return bare(Outcome.FAULT, null, null, new FaultReport(step, message));
    }

    public JobResult withRuntime(@Nullable Long id, @Nullable String name) {
        return new JobResult(
                outcome,
                verdict,
                id,
                name,
                rejection,
                fault,
                install,
                compile,
                run,
                tests,
                outputFiles,
                missingOutputFiles);
    }
}
