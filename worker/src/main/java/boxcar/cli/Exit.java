package boxcar.cli;

/** What the exit statuses mean; 64 and above are those of sysexits.h. */
final class Exit {
    static final int WELL = 0;

    /** The job, or one of the checks, did not end well. */
    static final int NOT_WELL = 1;

    static final int USAGE = 2;

    /** A job that cannot be carried out as written. */
    static final int REJECTED = 65;

    /** Kafka, the sandbox, or something else that is needed is not there. */
    static final int UNAVAILABLE = 69;

    /** We failed. */
    static final int FAULT = 70;

    /** No result in the time given. */
    static final int TOO_LATE = 75;

    static final int CONFIG = 78;

    /** Stopped by a signal before it was done, as shells tell it for Ctrl-C. */
    static final int STOPPED = 130;

    private Exit() {}

    /** The exit status that tells a result's outcome. */
    static int of(String outcome) {
        return switch (outcome) {
            case "SUCCEEDED" -> WELL;
            case "REJECTED" -> REJECTED;
            case "FAULT" -> FAULT;
            default -> NOT_WELL;
        };
    }
}
