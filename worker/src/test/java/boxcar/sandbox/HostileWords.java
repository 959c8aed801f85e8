package boxcar.sandbox;

import boxcar.job.Ending;

/** How an ending is told on docs/reliability.md. */
final class HostileWords {
    private HostileWords() {}

    /** After how the earlier stages of a test ended. */
    static String also(String before, Ending ending) {
        return before.isEmpty() ? of(ending) : before + " then " + of(ending);
    }

    private static String of(Ending ending) {
        return (ending.usage().oomKilled() ? "out of memory, " : "")
                + switch (ending.how()) {
                    case Ending.Exited(int code) -> "exit " + code;
                    case Ending.Signalled(int signal) -> "signal " + signal;
                    case Ending.CpuTimeout _ -> "CPU time-out";
                    case Ending.WallTimeout _ -> "wall time-out";
                    case Ending.Flooded _ -> "output cap";
                    case Ending.Cancelled _ -> "cancelled";
                };
    }
}
