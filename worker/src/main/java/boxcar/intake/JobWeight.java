package boxcar.intake;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * What a job may take of the heap at most, from the bytes of its record until its result is
 * published.
 *
 * @param resultBytes what a result's record takes
 * @param sourceBytes what a ZIP archive may unpack to
 */
record JobWeight(long resultBytes, long sourceBytes) {
    /** Things in a record: lists, texts, numbers. One that has more is not read. */
    static final int MOST_VALUES = 1_000_000;

    /**
     * The bytes of a record are there as such, as text, as a tree of JSON, as record and as job.
     */
    private static final int COPIES = 8;

    /** Of one thing, however small, in all its forms; measured 130 and less. */
    private static final int VALUE_BYTES = 192;

    /** Outputs that are kept, a quarter above what a record takes, and files. */
    private static final int RESULTS = 2;

    /** An unpacked file, while its pieces are put together. */
    private static final int UNPACKED = 2;

    private static final byte[] END_OF_ZIP = {'P', 'K', 5, 6};
    private static final byte[] ZIP = "\"zip\"".getBytes(US_ASCII);

    /** Letters of that key, written as hardly anybody writes them. */
    private static final byte[] LETTERS_TO_O = "\\u006".getBytes(US_ASCII);

    private static final byte[] LETTERS_FROM_P = "\\u007".getBytes(US_ASCII);

    long of(byte[] value) {
        boolean avro = AvroValues.looksLike(value);
        boolean zip = avro ? has(value, END_OF_ZIP) : mayNameZip(value);
        long values = Math.min(MOST_VALUES, avro ? AvroValues.count(value) : count(value));
        return COPIES * (long) value.length
                + VALUE_BYTES * values
                + RESULTS * resultBytes
                + (zip ? UNPACKED * sourceBytes : 0);
    }

    private static boolean mayNameZip(byte[] json) {
        return has(json, ZIP) || has(json, LETTERS_TO_O) || has(json, LETTERS_FROM_P);
    }

    /** Values of JSON, and commas and the like in its texts. */
    private static long count(byte[] json) {
        long count = 0;
        for (byte one : json) {
            if (one == ',' || one == ':' || one == '[' || one == '{') {
                count++;
            }
        }
        return count;
    }

    private static boolean has(byte[] value, byte[] part) {
        for (int i = 0; i <= value.length - part.length; i++) {
            int same = 0;
            while (same < part.length && value[i + same] == part[same]) {
                same++;
            }
            if (same == part.length) {
                return true;
            }
        }
        return false;
    }
}
