package boxcar.job;

import org.jspecify.annotations.Nullable;

/**
 * A job that cannot be carried out as written.
 *
 * @param field path into the job, as on the wire: {@code run_limits.memory}, {@code files[2].path}
 * @param value as received, cut to 256 characters; null if there was none
 * @param bound what it may be
 */
public record Rejection(String field, @Nullable String value, String bound) {
    private static final int SHOWN = 256;

    public Rejection {
        if (value != null && value.length() > SHOWN) {
            value = value.substring(0, SHOWN - 1) + "…";
        }
    }

    /** All of it in a sentence. */
    public String message() {
        return value == null
                ? field + " " + bound
                : field + " " + bound + ", but is " + quoted(value);
    }

    private static String quoted(String text) {
        return "'" + text.replace("\0", "\\0").replace("\n", "\\n") + "'";
    }
}
