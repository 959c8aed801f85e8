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

    /** Of a stage whose job was cancelled, and of whose program nothing was told. */
    public static Ending cancelled(String message) {
        return new Ending(
                new Cancelled(),
                new Usage(null, null, null, null, null, null, false, false),
                Captured.NOTHING,
                Captured.NOTHING,
                null,
                message);
    }

    /** The same with no more than so many bytes of each output. */
    public Ending cut(int length) {
        return new Ending(how, usage, stdout.cut(length), stderr.cut(length), status, message);
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

    /** Printed more than it may, and was stopped for that. */
    public record Flooded() implements How {}

    /** Was stopped because its job was cancelled. */
    public record Cancelled() implements How {}
}
