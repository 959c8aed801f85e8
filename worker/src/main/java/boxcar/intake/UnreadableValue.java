package boxcar.intake;

/** Bytes that are no record of ours, or not the record that was looked for. */
public final class UnreadableValue extends Exception {
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
}
