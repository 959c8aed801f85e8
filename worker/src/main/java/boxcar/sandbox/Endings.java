package boxcar.sandbox;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Ending.How;
import boxcar.job.Usage;
import boxcar.process.Capture;
import org.jspecify.annotations.Nullable;

/**
 * Tells endings in isolate's words, so that all engines speak alike. The rule is in docs/jobs.md:
 * {@code RE} has an exit status, {@code SG} a signal, {@code TO} neither.
 */
final class Endings {
    static final int SIGKILL = 9;

    private Endings() {}

    static Ending tell(How how, Usage usage, Capture stdout, Capture stderr) {
        return new Ending(
                how, usage, captured(stdout), captured(stderr), status(how), message(how));
    }

    private static Captured captured(Capture capture) {
        return new Captured(capture.bytes(), capture.truncated());
    }

    /** Whether the kernel killed the program itself for memory, and not one of its children. */
    static boolean diedForMemory(@Nullable How own, boolean oomKilled) {
        return oomKilled && own instanceof Ending.Signalled(int signal) && signal == SIGKILL;
    }

    private static @Nullable String status(How how) {
        return switch (how) {
            case Ending.Exited(int code) -> code == 0 ? null : "RE";
            case Ending.Flooded(How before) when before != null -> status(before);
            case Ending.Signalled _, Ending.Flooded _, Ending.Cancelled _ -> "SG";
            case Ending.CpuTimeout _, Ending.WallTimeout _ -> "TO";
        };
    }

    private static @Nullable String message(How how) {
        return switch (how) {
            case Ending.Exited(int code) -> code == 0 ? null : "Exited with error status " + code;
            case Ending.Signalled(int signal) -> "Caught fatal signal " + signal;
            case Ending.Flooded _ -> "Output limit exceeded";
            case Ending.Cancelled _ -> "Interrupted";
            case Ending.CpuTimeout _ -> "Time limit exceeded";
            case Ending.WallTimeout _ -> "Time limit exceeded (wall clock)";
        };
    }
}
