package boxcar.engine;

import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.JobResult.StageResult;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import java.time.Duration;

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
        try (var _ = telemetry.begin("sandbox")) {
            ending = sandbox.run(stage, cancellation);
        }
        return judged(stage.kind(), ending, Duration.ofNanos(System.nanoTime() - start));
    }

    Telemetry telemetry() {
        return telemetry;
    }

    /** Judges a stage that somebody else ran, and which took so long in all. */
    StageResult judged(boxcar.job.StageKind kind, Ending ending, Duration took) {
        Verdict verdict = Judge.verdict(ending);
        Duration wall =
                ending.usage().wallTime() == null ? Duration.ZERO : ending.usage().wallTime();
        Duration overhead = took.compareTo(wall) > 0 ? took.minus(wall) : Duration.ZERO;
        telemetry.stage(kind, verdict, wall, overhead);
        return new StageResult(verdict, ending);
    }
}
