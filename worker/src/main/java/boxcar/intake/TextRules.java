package boxcar.intake;

import boxcar.job.Rejection;
import org.jspecify.annotations.Nullable;

/** What the texts of a job may be. Each check names the field, shows the value and the bound. */
final class TextRules {
    private static final int NAME_LENGTH = 256;
    private static final int FILE_NAME_BYTES = 255;

    /**
     * Linux allows one argument or variable 131072 bytes with its end (MAX_ARG_STRLEN, execve(2));
     * the rest is room for what an engine writes before it, as in {@code --env=NAME=VALUE}.
     */
    static final int ONE_STRING = 131_000;

    private TextRules() {}

    /** An id or a name: 1 to 256 characters, no control characters, not only spaces. */
    static String name(String field, String value) throws Refusal {
        if (!isName(value)) {
            throw Refusal.of(
                    field,
                    value,
                    "must be 1 to 256 characters, not blank, without control characters");
        }
        return value;
    }

    static boolean isName(String value) {
        return !value.isBlank()
                && value.codePointCount(0, value.length()) <= NAME_LENGTH
                && value.codePoints().noneMatch(Character::isISOControl);
    }

    static String plainFileName(String field, String value) throws Refusal {
        boolean plain =
                !value.isEmpty()
                        && !value.equals(".")
                        && !value.equals("..")
                        && value.indexOf('/') < 0
                        && value.codePoints().noneMatch(Character::isISOControl)
                        && Utf8.length(value) <= FILE_NAME_BYTES;
        if (!plain) {
            throw Refusal.of(
                    field,
                    value,
                    "must be a plain file name of 1 to 255 bytes, without '/' and control characters");
        }
        return value;
    }

    /** A script or a Nix expression: not blank, no NUL. */
    static String script(String field, String value) throws Refusal {
        if (value.isBlank()) {
            throw Refusal.of(Rejection.Code.INVALID, field, "must not be blank");
        }
        return noNul(field, value);
    }

    static @Nullable String scriptOrNull(String field, @Nullable String value) throws Refusal {
        return value == null ? null : script(field, value);
    }

    static String noNul(String field, String value) throws Refusal {
        if (value.indexOf('\0') >= 0) {
            throw Refusal.of(field, value, "must not contain a NUL character");
        }
        return value;
    }

    /** An argument, or a variable as NAME=VALUE: what execve(2) takes. */
    static int argumentBytes(String field, String value) throws Refusal {
        noNul(field, value);
        int length = Utf8.length(value);
        if (length > ONE_STRING) {
            throw Refusal.tooMany(field, length, ONE_STRING, "bytes");
        }
        return length + 1;
    }

    /** A number of things, or of bytes, that has a cap. */
    static void atMost(String field, long count, long cap, String unit) throws Refusal {
        if (count > cap) {
            throw Refusal.tooMany(field, count, cap, unit);
        }
    }
}
