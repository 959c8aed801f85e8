package boxcar.job;

/**
 * What a program printed on one stream.
 *
 * @param bytes as printed, up to the cap; treated as read-only
 * @param truncated whether there was more
 */
public record Captured(byte[] bytes, boolean truncated) {
    public static final Captured NOTHING = new Captured(new byte[0], false);
}
