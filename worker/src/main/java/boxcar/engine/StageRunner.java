package boxcar.engine;

import boxcar.files.Trees;
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
        try (var _ = telemetry.begin("box-wait")) {
            ending = sandbox.run(stage, cancellation);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        Verdict verdict = Judge.verdict(ending);
        return told(stage.kind(), ending, ofDisk(verdict, stage), took);
    }

    /** A program that ended badly and left its work directory full ran out of room. */
    private static Verdict ofDisk(Verdict verdict, Stage stage) {
        return (verdict == Verdict.RUNTIME_ERROR || verdict == Verdict.CRASHED)
                        && Trees.isFull(stage.workDirectory())
                ? Verdict.FILE_SIZE_LIMIT
                : verdict;
    }

    Telemetry telemetry() {
        return telemetry;
    }

    /** Judges a stage that somebody else ran, and which took so long in all. */
    StageResult judged(boxcar.job.StageKind kind, Ending ending, Duration took) {
        return told(kind, ending, Judge.verdict(ending), took);
    }

    private StageResult told(
            boxcar.job.StageKind kind, Ending ending, Verdict verdict, Duration took) {
        Duration wall =
                ending.usage().wallTime() == null ? Duration.ZERO : ending.usage().wallTime();
        Duration overhead = took.compareTo(wall) > 0 ? took.minus(wall) : Duration.ZERO;
        telemetry.stage(kind, verdict, wall, overhead);
        return new StageResult(verdict, ending);
    }
}
