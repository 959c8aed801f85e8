package boxcar.engine;

import boxcar.job.Ending;
import boxcar.job.Verdict;

/**
 * Says what an ending means. The order matters: a cancel explains every way to die, and the
 * kernel's out-of-memory killer explains a crash, a bad exit, or a good exit of a parent whose
 * child it took.
 */
final class Judge {
    /** signal(7): the file size limit was met. */
    private static final int SIGXFSZ = 25;

    private Judge() {}

    static Verdict verdict(Ending ending) {
        if (!(ending.how() instanceof Ending.Cancelled) && ending.usage().oomKilled()) {
            return Verdict.MEMORY_LIMIT;
        }
        return switch (ending.how()) {
            case Ending.Cancelled _ -> Verdict.CANCELLED;
            case Ending.Flooded _ -> Verdict.OUTPUT_LIMIT;
            case Ending.CpuTimeout _ -> Verdict.CPU_TIME_LIMIT;
            case Ending.WallTimeout _ -> Verdict.WALL_TIME_LIMIT;
            case Ending.Signalled(int signal) when signal == SIGXFSZ -> Verdict.FILE_SIZE_LIMIT;
            case Ending.Signalled _ when ending.usage().outOfRoom() -> Verdict.FILE_SIZE_LIMIT;
            case Ending.Signalled _ -> Verdict.CRASHED;
            case Ending.Exited(int code) when code == 0 -> Verdict.OK;
            case Ending.Exited _ when ending.usage().outOfRoom() -> Verdict.FILE_SIZE_LIMIT;
            case Ending.Exited _ -> Verdict.RUNTIME_ERROR;
        };
    }
}
