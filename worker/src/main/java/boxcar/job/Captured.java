package boxcar.job;

import java.util.Arrays;

/**
 * What a program printed on one stream.
 *
 * @param bytes as printed, up to what is kept; treated as read-only
 * @param truncated whether more was printed than is kept
 */
public record Captured(byte[] bytes, boolean truncated) {
    public static final Captured NOTHING = new Captured(new byte[0], false);

    /** The same with no more than so many bytes. */
    public Captured cut(int length) {
        return bytes.length <= length ? this : new Captured(Arrays.copyOf(bytes, length), true);
    }
}
