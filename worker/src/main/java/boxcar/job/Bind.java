package boxcar.job;

import java.nio.file.Path;

/**
 * A folder of the host that is visible in a box.
 *
 * @param outside where it is on the host, absolute
 * @param inside where the program sees it, absolute; not below another bind
 * @param writable whether the program may write there, as far as the file modes let it
 */
public record Bind(Path outside, String inside, boolean writable) {
    public Bind {
        if (!outside.isAbsolute() || !inside.startsWith("/")) {
            throw new IllegalArgumentException(
                    "bind must be absolute on both sides: " + outside + " at " + inside);
        }
    }

    public static Bind readOnly(Path outside, String inside) {
        return new Bind(outside, inside, false);
    }
}
