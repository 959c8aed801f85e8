package boxcar.cli;

/** The command was used wrongly; the message says how to mend it. */
final class UsageException extends RuntimeException {
    UsageException(String message) {
        super(message);
    }
}
