package boxcar.job;

/**
 * We failed at something; it says nothing of the program.
 *
 * <p>The step is a short constant word (a metric's label): {@code box}, {@code sandbox}, {@code
 * work-directory}, {@code nix}, {@code catalogue}, {@code database}, {@code publish}, {@code disk}.
 * The message carries the evidence: command, exit status, tail of its stderr.
 */
public final class Fault extends Exception {
    /** What is worth doing about it. */
    public enum Next {
        /** Passing: the same thing may work here in a moment. */
        RETRY_HERE,
        /** This host is at fault: another may do it. */
        TRY_ELSEWHERE,
        /** No host will do it. */
        GIVE_UP
    }

    private final String step;
    private final Next next;

    public Fault(String step, Next next, String message) {
        super(message);
        this.step = step;
        this.next = next;
    }

    public Fault(String step, Next next, String message, Throwable cause) {
        super(message + ": " + cause, cause);
        this.step = step;
        this.next = next;
    }

    public String step() {
        return step;
    }

    public Next next() {
        return next;
    }
}
