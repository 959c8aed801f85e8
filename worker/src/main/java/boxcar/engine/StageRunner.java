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
import boxcar.job.Workshop;
import java.time.Duration;
import java.util.function.BooleanSupplier;

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
        return told(
                stage.kind(),
                ending,
                ofDisk(verdict, () -> Trees.isFull(stage.workDirectory())),
                took);
    }

    /** A program that ended badly and left its work directory full ran out of room. */
    private static Verdict ofDisk(Verdict verdict, BooleanSupplier full) {
        return (verdict == Verdict.RUNTIME_ERROR || verdict == Verdict.CRASHED)
                        && full.getAsBoolean()
                ? Verdict.FILE_SIZE_LIMIT
                : verdict;
    }

    Telemetry telemetry() {
        return telemetry;
    }

    /** Judges the stage of an installation, which took so long in all. */
    StageResult judged(boxcar.job.StageKind kind, Workshop.Built built, Duration took) {
        Verdict verdict = ofDisk(Judge.verdict(built.ending()), built::full);
        return told(kind, built.ending(), verdict, took);
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
