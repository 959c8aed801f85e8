package boxcar.engine;

import boxcar.job.Telemetry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;

/** An engine with one runtime, whose stages do what they are told. */
public final class ScriptedEngine {
    private ScriptedEngine() {}

    /**
     * @param home an empty folder
     */
    public static Engine of(Path home, ScriptedSandbox sandbox, int keptKib, int resultKib)
            throws Exception {
        var settings =
                new EngineSettings(
                        home.resolve("work"),
                        keptKib,
                        1024,
                        resultKib,
                        HostileJobTest.LIMITS,
                        HostileJobTest.LIMITS,
                        Set.of(),
                        InstantSource.system());
        return new Engine(
                settings,
                sandbox,
                new HostileJobTest.OneRuntime(home),
                new HostileJobTest.OneEntry(),
                new HostileJobTest.EmptyLog(),
                Telemetry.NONE);
    }
}
