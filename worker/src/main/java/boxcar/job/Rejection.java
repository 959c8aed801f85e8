package boxcar.job;

import org.jspecify.annotations.Nullable;

/**
 * A job that cannot be carried out as written.
 *
 * @param code the reason, for programs
 * @param field path into the job, as on the wire: {@code run_limits.memory}, {@code files[2].path}
 * @param value as received, cut to 256 characters; null if there was none
 * @param bound what it may be
 * @param range the numbers in the bound; null if it has none
 * @param message all of it in a sentence
 */
public record Rejection(
        Code code,
        String field,
        @Nullable String value,
        String bound,
        @Nullable Range range,
        String message) {
    private static final int SHOWN = 256;

    public Rejection {
        value = value == null ? null : shown(value);
    }

    /** The value has a form that is not allowed. */
    public Rejection(String field, @Nullable String value, String bound) {
        this(Code.INVALID, field, value, bound);
    }

    /** The message is made of field, bound and value. */
    public Rejection(Code code, String field, @Nullable String value, String bound) {
        this(code, field, value, bound, null, sentence(field, value, bound));
    }

    /** Why, for programs; the words of the wire. */
    public enum Code {
        OTHER,
        MISSING,
        UNKNOWN_FIELD,
        GIVEN_TWICE,
        WRONG_TYPE,
        INVALID,
        BELOW_MINIMUM,
        ABOVE_MAXIMUM,
        CONFLICT,
        BAD_ARCHIVE,
        SCRIPT_NOT_EXECUTABLE,
        WRONG_TOPIC,
        JOB_ID_REUSED,
        DEADLINE_PASSED,
        NAME_TAKEN,
        NO_SUCH_RUNTIME,
        REMOVED_MEANWHILE
    }

    /**
     * Between which numbers a value may be.
     *
     * @param least null if there is no such bound, as is most
     * @param unit what is counted: seconds, kilobytes, files; null for a mere number
     */
    public record Range(@Nullable Double least, @Nullable Double most, @Nullable String unit) {
        public static Range upTo(double most, String unit) {
            return new Range(null, most, unit);
        }
    }

    public Rejection within(Range bounds) {
        return new Rejection(code, field, value, bound, bounds, message);
    }

    /** With a sentence of its own, where the usual one would read badly. */
    public Rejection saying(String sentence) {
        return new Rejection(code, field, value, bound, range, sentence);
    }

    /** The sentence that names the value first: "name 'perl' is taken by runtime 3". */
    public Rejection sayingThatItsValue(String is) {
        return saying(value == null ? field + " " + is : field + " " + quoted(value) + " " + is);
    }

    /** The sentence for a value that is one of several in the field. */
    public Rejection sayingThatItHas() {
        return saying(field + " " + bound + ", but has " + quoted(value == null ? "" : value));
    }

    private static String sentence(String field, @Nullable String value, String bound) {
        return value == null
                ? field + " " + bound
                : field + " " + bound + ", but is " + quoted(shown(value));
    }

    private static String shown(String value) {
        return value.length() > SHOWN ? value.substring(0, SHOWN - 1) + "…" : value;
    }

    private static String quoted(String text) {
        return "'" + text.replace("\0", "\\0").replace("\n", "\\n") + "'";
    }
}
