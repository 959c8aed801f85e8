package boxcar.intake;

/** Bytes that are no record of ours, or not the record that was looked for. */
public final class UnreadableValue extends Exception {
    /** A version of Boxcar that is newer than this one may know what the record says. */
    static final String UNKNOWN_SCHEMA = "unknown-schema";

    private final String reason;

    /**
     * @param reason one of a few constant words: a header of the dead letter, a metric's label
     */
    UnreadableValue(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }

    /** Each takes the heap many times what it takes in the record. */
    static UnreadableValue tooManyValues() {
        return new UnreadableValue(
                "too-many-values",
                "the record has more than " + JobWeight.MOST_VALUES + " texts, numbers and lists");
    }

    /** Whether a newer version of Boxcar may be able to read it. */
    public boolean isNewer() {
        return reason.equals(UNKNOWN_SCHEMA);
    }
}
