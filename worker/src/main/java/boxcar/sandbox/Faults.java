package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Fault.Next;
import boxcar.process.Finished;
import java.nio.charset.StandardCharsets;

/** The faults of this room, so that their steps are spelt once. */
final class Faults {
    private static final int LONGEST = 400;

    private Faults() {}

    /** The engine failed on this host. */
    static Fault sandbox(String message) {
        return new Fault("sandbox", Next.TRY_ELSEWHERE, message);
    }

    static Fault sandbox(String message, Throwable cause) {
        return new Fault("sandbox", Next.TRY_ELSEWHERE, message, cause);
    }

    static Fault sandbox(String message, Finished evidence) {
        return sandbox(message + ": " + evidence.evidence());
    }

    /**
     * The last line that an engine printed on a stream that it shares with the program. What came
     * before may be the program's, which has no place in a fault, for faults are logged.
     */
    static String lastWords(byte[] stderr) {
        String text = new String(stderr, StandardCharsets.UTF_8).strip();
        String last = text.substring(text.lastIndexOf('\n') + 1);
        return last.isEmpty() ? "nothing" : last.substring(Math.max(0, last.length() - LONGEST));
    }

    /** A box, or what goes with it, could not be had. */
    static Fault box(String message) {
        return new Fault("box", Next.TRY_ELSEWHERE, message);
    }

    static Fault box(String message, Throwable cause) {
        return new Fault("box", Next.TRY_ELSEWHERE, message, cause);
    }

    /** The stage is written so that no sandbox can run it. */
    static Fault impossible(String message) {
        return new Fault("sandbox", Next.GIVE_UP, message);
    }
}
