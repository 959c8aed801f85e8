package boxcar.engine;

import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult.StageResult;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Runs a stage, judges it, and tells the dashboards. */
final class StageRunner {
    private final Sandbox sandbox;
    private final Telemetry telemetry;

    StageRunner(Sandbox sandbox, Telemetry telemetry) {
        this.sandbox = sandbox;
        this.telemetry = telemetry;
    }

    StageResult run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        long start = System.nanoTime();
        Ending ending;
        try (var _ = telemetry.begin("box-wait")) {
            ending = sandbox.run(stage, cancellation);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        return judged(stage.kind(), ending, took);
    }

    /** Runs a stage whose output is compared with what is expected, if anything is. */
    Compared run(Stage stage, Job.@Nullable Expected expected, Cancellation cancellation)
            throws Fault, InterruptedException {
        if (expected == null) {
            StageResult result = run(stage, cancellation);
            return new Compared(result, result.verdict());
        }
        OutputMatch match = OutputMatch.of(expected);
        StageResult result = run(stage.heardBy(match), cancellation);
        boolean wrong = result.verdict() == Verdict.OK && !match.matches();
        return new Compared(result, wrong ? Verdict.WRONG_ANSWER : result.verdict());
    }

    /**
     * A stage, and what came of it.
     *
     * @param verdict that of the stage, or that its output is wrong
     */
    record Compared(StageResult result, Verdict verdict) {}

    Telemetry telemetry() {
        return telemetry;
    }

    /** Judges a stage that took so long in all. */
    StageResult judged(StageKind kind, Ending ending, Duration took) {
        Verdict verdict = Judge.verdict(ending);
        Duration wall =
                ending.usage().wallTime() == null ? Duration.ZERO : ending.usage().wallTime();
        Duration overhead = took.compareTo(wall) > 0 ? took.minus(wall) : Duration.ZERO;
        telemetry.stage(kind, verdict, wall, overhead);
        return new StageResult(verdict, ending);
    }
}
