package boxcar.intake;

import org.jspecify.annotations.Nullable;

/**
 * What a check found.
 *
 * @param subject what was looked at: {@code kafka}, {@code topic boxcar.execute}
 * @param mend the command or the change that mends it; null if there is nothing to mend
 */
public record Finding(String subject, Level level, String message, @Nullable String mend) {
    /** How bad it is. */
    public enum Level {
        OK,
        /** It works, but not as well as it could. */
        WARN,
        /** It does not work. */
        BAD
    }

    static Finding ok(String subject, String message) {
        return new Finding(subject, Level.OK, message, null);
    }

    static Finding warn(String subject, String message, String mend) {
        return new Finding(subject, Level.WARN, message, mend);
    }

    static Finding bad(String subject, String message, String mend) {
        return new Finding(subject, Level.BAD, message, mend);
    }
}
