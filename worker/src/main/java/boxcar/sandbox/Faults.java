package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Fault.Next;
import boxcar.process.Finished;

/** The faults of this room, so that their steps are spelt once. */
final class Faults {
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
