package boxcar.job;

import org.jspecify.annotations.Nullable;

/**
 * How a stage ended, as told by the sandbox. It does not judge: see {@link Verdict}.
 *
 * @param how the way it ended
 * @param status the sandbox's two-letter word (isolate(1), META-FILE: RE, SG, TO), null when it
 *     ended well
 * @param message the sandbox's words, for people
 */
public record Ending(
        How how,
        Usage usage,
        Captured stdout,
        Captured stderr,
        @Nullable String status,
        @Nullable String message) {

    private static final int SIGKILL = 9;

    /** Of a stage whose job was cancelled, and of whose program nothing was told. */
    public static Ending cancelled(String message) {
        return new Ending(
                new Cancelled(), Usage.UNKNOWN, Captured.NOTHING, Captured.NOTHING, null, message);
    }

    /** The same, of a program that was out of room. */
    public Ending outOfRoom() {
        return new Ending(how, usage.withoutRoom(), stdout, stderr, status, message);
    }

    /** The same with no more than so many bytes of each output. */
    public Ending cut(int length) {
        return new Ending(how, usage, stdout.cut(length), stderr.cut(length), status, message);
    }

    /** The exit status of a program that ended by itself; null of any other. */
    public @Nullable Integer exitCode() {
        return itself() instanceof Exited(int code) ? code : null;
    }

    /** The signal that ended it, its own or the sandbox's; null of a time-out (isolate(1)). */
    public @Nullable Integer exitSignal() {
        return switch (itself()) {
            case Signalled(int signal) -> signal;
            case Flooded _ -> SIGKILL;
            case Cancelled _ -> usage.killed() ? SIGKILL : null;
            case Exited _, CpuTimeout _, WallTimeout _ -> null;
        };
    }

    private How itself() {
        return how instanceof Flooded(How before) && before != null ? before : how;
    }

    /** The ways in which a stage ends. */
    public sealed interface How {}

    /** Ended by itself. */
    public record Exited(int code) implements How {}

    /** Died by a signal, its own or the kernel's; SIGXFSZ (25) is the file size limit. */
    public record Signalled(int signal) implements How {}

    /** Used up its CPU time, whether it was killed for that or ended within the extra time. */
    public record CpuTimeout() implements How {}

    /** Took too long on the wall clock. */
    public record WallTimeout() implements How {}

    /**
     * Printed more than it may.
     *
     * @param before how it ended before it could be stopped for that; null if it was stopped
     */
    public record Flooded(@Nullable How before) implements How {
        /** Of one that was stopped. */
        public Flooded() {
            this(null);
        }
    }

    /** Was stopped because its job was cancelled. */
    public record Cancelled() implements How {}
}
