package boxcar.engine;

import boxcar.job.Limits;
import boxcar.job.StageKind;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;

/**
 * What this room is told.
 *
 * @param work the folder of the work directories; emptied at start
 * @param outputCapKib how much of stdout and of stderr each is kept for a stage
 * @param outputFilesKib how much all output files of a job may hold together
 * @param resultKib what a result takes; neither of the others is more
 * @param checkCompile limits under which the check of an installation is compiled
 * @param checkRun limits under which it runs
 * @param network kinds of stages that may reach the network
 */
public record EngineSettings(
        Path work,
        int outputCapKib,
        long outputFilesKib,
        int resultKib,
        Limits checkCompile,
        Limits checkRun,
        Set<StageKind> network,
        InstantSource clock) {
    public EngineSettings {
        work = work.toAbsolutePath();
        network = Set.copyOf(network);
        outputCapKib = Math.min(outputCapKib, resultKib);
        outputFilesKib = Math.min(outputFilesKib, resultKib);
    }
}
