package boxcar.engine;

import boxcar.job.Job.Expected;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;

/**
 * Compares what a program printed with what was expected. White space is that of ASCII, as judges
 * have it; bytes that are not UTF-8 compare as bytes, since ISO-8859-1 maps each to itself.
 */
final class OutputMatch {
    private static final String WHITE_SPACE = " \t\n\r\f\u000b";

    private OutputMatch() {}

    static boolean matches(byte[] printed, Expected expected) {
        return switch (expected.match()) {
            case EXACT -> Arrays.equals(printed, expected.stdout());
            case TRAILING_SPACE -> lines(printed).equals(lines(expected.stdout()));
            case TOKENS -> sameTokens(text(printed), text(expected.stdout()));
        };
    }

    /** The lines without white space at their ends, without empty lines at the end. */
    private static List<String> lines(byte[] bytes) {
        List<String> lines =
                Arrays.stream(text(bytes).split("\n", -1)).map(OutputMatch::stripTrailing).toList();
        int last = lines.size();
        while (last > 0 && lines.get(last - 1).isEmpty()) {
            last--;
        }
        return lines.subList(0, last);
    }

    private static String stripTrailing(String line) {
        int end = line.length();
        while (end > 0 && WHITE_SPACE.indexOf(line.charAt(end - 1)) >= 0) {
            end--;
        }
        return line.substring(0, end);
    }

    private static boolean sameTokens(String printed, String expected) {
        StringTokenizer left = new StringTokenizer(printed, WHITE_SPACE);
        StringTokenizer right = new StringTokenizer(expected, WHITE_SPACE);
        while (left.hasMoreTokens() && right.hasMoreTokens()) {
            if (!left.nextToken().equals(right.nextToken())) {
                return false;
            }
        }
        return !left.hasMoreTokens() && !right.hasMoreTokens();
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
