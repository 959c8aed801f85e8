package boxcar.files;

/** What was found where a file was looked for. */
public sealed interface Found {
    /**
     * A regular file; the bytes are treated as read-only.
     *
     * @param executable whether its owner may execute it
     */
    record Content(byte[] bytes, boolean executable) implements Found {}

    /** Nothing is there. */
    record Absent() implements Found {}

    /** A folder, a symbolic link, a special file, or one of them stands in the way. */
    record NotRegular() implements Found {}

    /**
     * A regular file with more than was asked for.
     *
     * @param size in bytes
     */
    record TooLarge(long size) implements Found {}
}
