package boxcar.engine;

import boxcar.job.Job.Expected;
import boxcar.job.Stage;
import java.util.Arrays;

/**
 * Compares what a program prints with what is expected, while it is printed. It keeps the expected
 * output alone, however much comes. White space is that of ASCII, as judges have it; bytes that are
 * not UTF-8 compare as bytes. Hears one thread and is then asked by one.
 */
abstract sealed class OutputMatch implements Stage.OutputListener {
    private static final String WHITE_SPACE = " \t\n\r\f\u000b";

    /** What is expected, with all that does not count left out. */
    private final byte[] expected;

    /** How much of it was printed. */
    private int matched;

    private boolean differs;

    private OutputMatch(byte[] expected) {
        this.expected = expected;
    }

    static OutputMatch of(Expected expected) {
        return switch (expected.match()) {
            case EXACT -> new Exact(expected.stdout());
            case TRAILING_SPACE -> new Lines(expected.stdout());
            case TOKENS -> new Tokens(expected.stdout());
        };
    }

    /** Standard error does not count. */
    @Override
    public void printed(byte[] bytes, int length) {}

    @Override
    public synchronized void printedToStdout(byte[] bytes, int length) {
        for (int i = 0; i < length && !differs; i++) {
            next(bytes[i]);
        }
    }

    /** Whether all that was printed is what is expected. */
    synchronized boolean matches() {
        return !differs && matched == expected.length;
    }

    /** Takes the next byte that was printed. */
    abstract void next(byte printed);

    /** The next byte that counts. */
    final void count(byte printed) {
        differs = differs || !isExpected(0, printed);
        matched++;
    }

    /** Whether this is expected so far behind what was printed until now. */
    final boolean isExpected(long ahead, byte printed) {
        long at = matched + ahead;
        return at < expected.length && expected[(int) at] == printed;
    }

    /** Ends of lines and the white space behind them, which turned out to count. */
    final void countSkipped(long ends, long spaces, boolean spacesDiffer) {
        for (long i = 0; i < ends && !differs; i++) {
            count((byte) '\n');
        }
        if (differs || spacesDiffer) {
            differs = true;
        } else {
            matched += (int) spaces;
        }
    }

    /** Whether anything was printed that counts. */
    final boolean hasBegun() {
        return matched > 0;
    }

    private static boolean isWhite(byte printed) {
        return WHITE_SPACE.indexOf(printed) >= 0;
    }

    /** Byte for byte. */
    private static final class Exact extends OutputMatch {
        Exact(byte[] expected) {
            super(expected);
        }

        @Override
        void next(byte printed) {
            count(printed);
        }
    }

    /** The lines without white space at their ends, without empty lines at the end. */
    private static final class Lines extends OutputMatch {
        /** Ends of lines, and after them white space, that count if anything else comes. */
        private long ends;

        private long spaces;
        private boolean spacesDiffer;

        Lines(byte[] expected) {
            super(stripped(expected));
        }

        private static byte[] stripped(byte[] all) {
            byte[] kept = new byte[all.length];
            int length = 0;
            int solid = 0;
            int end = 0;
            for (byte one : all) {
                if (one == '\n') {
                    length = solid;
                }
                kept[length++] = one;
                if (one == '\n') {
                    solid = length;
                } else if (!isWhite(one)) {
                    solid = length;
                    end = length;
                }
            }
            return Arrays.copyOf(kept, end);
        }

        @Override
        void next(byte printed) {
            if (printed == '\n') {
                ends++;
                spaces = 0;
                spacesDiffer = false;
            } else if (isWhite(printed)) {
                spacesDiffer |= !isExpected(ends + spaces, printed);
                spaces++;
            } else {
                countSkipped(ends, spaces, spacesDiffer);
                count(printed);
                ends = 0;
                spaces = 0;
                spacesDiffer = false;
            }
        }
    }

    /** The words between white space. */
    private static final class Tokens extends OutputMatch {
        private boolean apart;

        Tokens(byte[] expected) {
            super(words(expected));
        }

        private static byte[] words(byte[] all) {
            byte[] kept = new byte[all.length];
            int length = 0;
            boolean apart = false;
            for (byte one : all) {
                if (isWhite(one)) {
                    apart = length > 0;
                } else {
                    if (apart) {
                        kept[length++] = ' ';
                        apart = false;
                    }
                    kept[length++] = one;
                }
            }
            return Arrays.copyOf(kept, length);
        }

        @Override
        void next(byte printed) {
            if (isWhite(printed)) {
                apart = hasBegun();
            } else {
                if (apart) {
                    count((byte) ' ');
                    apart = false;
                }
                count(printed);
            }
        }
    }
}
