package boxcar.sandbox;

import boxcar.job.Ending;
import boxcar.job.Telemetry;
import java.time.Duration;

/** Tells apart what the program took of an engine's run, and what the engine did. */
final class StageTime {
    private StageTime() {}

    /**
     * @param engine what times the engine's run
     */
    static void tell(Ending ending, Telemetry telemetry, Telemetry.Timing engine) {
        Duration wall = ending.usage().wallTime();
        if (wall != null) {
            telemetry.step("stage", wall);
            engine.without(wall);
        }
    }
}
