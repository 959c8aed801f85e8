package boxcar.engine;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult.StageResult;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import boxcar.job.Workshop;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Runs a stage, judges it, and tells the dashboards. */
final class StageRunner {
    private static final long KIB = 1024;

    private final Sandbox sandbox;
    private final Telemetry telemetry;

    StageRunner(Sandbox sandbox, Telemetry telemetry) {
        this.sandbox = sandbox;
        this.telemetry = telemetry;
    }

    StageResult run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        Instant begun = Instant.now();
        long start = System.nanoTime();
        Ending ending;
        try (var _ = telemetry.begin("box-wait")) {
            ending = sandbox.run(stage, cancellation);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        Verdict verdict = Judge.verdict(ending);
        boolean noRoom = isAnError(verdict) && ranOutOfRoom(stage, begun);
        return told(stage.kind(), ending, noRoom ? Verdict.FILE_SIZE_LIMIT : verdict, took);
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

    /** It may be one because the program could not write. */
    private static boolean isAnError(Verdict verdict) {
        return verdict == Verdict.RUNTIME_ERROR || verdict == Verdict.CRASHED;
    }

    /**
     * Many programs are not killed when they meet a limit of files, but told so, and end with an
     * error of their own. Then their work directory is full, or has a file as large as may be.
     */
    private static boolean ranOutOfRoom(Stage stage, Instant begun) throws Fault {
        try {
            return Trees.isFull(stage.workDirectory())
                    || Trees.hasFileOf(
                            stage.workDirectory(), stage.limits().maxFileSizeKib() * KIB, begun);
        } catch (IOException e) {
            throw WorkDirectories.failed("cannot look what a stage left", e);
        }
    }

    Telemetry telemetry() {
        return telemetry;
    }

    /** Judges the stage of an installation, which took so long in all. */
    StageResult judged(boxcar.job.StageKind kind, Workshop.Built built, Duration took) {
        Verdict verdict = Judge.verdict(built.ending());
        boolean noRoom = isAnError(verdict) && built.full();
        return told(kind, built.ending(), noRoom ? Verdict.FILE_SIZE_LIMIT : verdict, took);
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
