package boxcar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Job.Expected;
import boxcar.job.Job.MatchMode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.StringTokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OutputMatchTest {
    private static boolean matches(String printed, String expected, MatchMode mode) {
        return matches(bytes(printed), new Expected(bytes(expected), mode));
    }

    private static boolean matches(byte[] printed, Expected expected) {
        OutputMatch match = OutputMatch.of(expected);
        match.printedToStdout(printed, printed.length);
        return match.matches();
    }

    private static byte[] bytes(String text) {
        return text.replace("\\n", "\n").replace("\\t", "\t").getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "a|a|true|true|true",
                "a\\n|a|false|true|true",
                "a \\nb|a\\nb|false|true|true",
                "a\\n\\n\\n|a|false|true|true",
                "a\\n\\nb|a\\nb|false|false|true",
                " a|a|false|false|true",
                "a b|a\\tb|false|false|true",
                "ab|a b|false|false|false",
                "a|a b|false|false|false",
                "a|b|false|false|false",
            })
    void eachModeForgivesMore(
            String printed, String expected, boolean exact, boolean trailing, boolean tokens) {
        assertEquals(exact, matches(printed, expected, MatchMode.EXACT));
        assertEquals(trailing, matches(printed, expected, MatchMode.TRAILING_SPACE));
        assertEquals(tokens, matches(printed, expected, MatchMode.TOKENS));
    }

    @Test
    void bytesThatAreNotUtf8AreComparedAsBytes() {
        Expected expected = new Expected(new byte[] {(byte) 0xff, 'a'}, MatchMode.TRAILING_SPACE);
        assertEquals(true, matches(new byte[] {(byte) 0xff, 'a', '\n'}, expected));
        assertEquals(false, matches(new byte[] {(byte) 0xfe, 'a'}, expected));
    }

    @Test
    void nothingMatchesNothing() {
        assertEquals(true, matches("", "", MatchMode.EXACT));
        assertEquals(true, matches("\\n", "", MatchMode.TRAILING_SPACE));
        assertEquals(false, matches("", "a", MatchMode.TOKENS));
    }

    @Test
    void standardErrorDoesNotCount() {
        OutputMatch match = OutputMatch.of(new Expected(bytes("a"), MatchMode.EXACT));
        match.printed(bytes("b"), 1);
        match.printedToStdout(bytes("a"), 1);
        assertEquals(true, match.matches());
    }

    @Test
    void whiteSpaceThatMayNotCountIsNotKept() {
        OutputMatch match = OutputMatch.of(new Expected(bytes("a\\nb"), MatchMode.TRAILING_SPACE));
        byte[] spaces = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
        byte[] ends = "\n".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
        match.printedToStdout(bytes("a"), 1);
        for (long printed = 0; printed < 1L << 24; printed += spaces.length) {
            match.printedToStdout(spaces, spaces.length);
        }
        match.printedToStdout(bytes("\\nb"), 2);
        assertEquals(true, match.matches());
        match.printedToStdout(ends, ends.length);
        assertEquals(true, match.matches());
        match.printedToStdout(bytes("b"), 1);
        assertEquals(false, match.matches());
    }

    /** The rules of the three modes, said as plainly as can be, with all of the output in hand. */
    private static boolean said(byte[] printed, Expected expected) {
        String left = new String(printed, StandardCharsets.ISO_8859_1);
        String right = new String(expected.stdout(), StandardCharsets.ISO_8859_1);
        return switch (expected.match()) {
            case EXACT -> left.equals(right);
            case TRAILING_SPACE -> lines(left).equals(lines(right));
            case TOKENS -> words(left).equals(words(right));
        };
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            lines.add(line.replaceAll("[ \\t\\r\\f\\x0b]+$", ""));
        }
        while (!lines.isEmpty() && lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    private static List<Object> words(String text) {
        return Collections.list(new StringTokenizer(text, " \t\n\r\f\u000b"));
    }

    @ParameterizedTest
    @EnumSource(MatchMode.class)
    void inWhateverPiecesOutputComesItIsComparedByTheSameRules(MatchMode mode) {
        Random random = new Random(7);
        int equal = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] stdout = text(random, random.nextInt(12));
            byte[] printed = random.nextBoolean() ? text(random, 12) : changed(random, stdout);
            Expected expected = new Expected(stdout, mode);
            boolean matches = inPieces(random, printed, expected);
            equal += matches ? 1 : 0;
            assertEquals(
                    said(printed, expected),
                    matches,
                    () -> Arrays.toString(printed) + " for " + Arrays.toString(stdout));
        }
        assertTrue(equal > 10_000, equal + " were equal");
    }

    private static byte[] text(Random random, int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) "a\u00ff  \t\n\n\r\f\u000b".charAt(random.nextInt(10));
        }
        return text;
    }

    /** The same with some white space put in or taken out, mostly. */
    private static byte[] changed(Random random, byte[] from) {
        var to = new ByteArrayOutputStream();
        for (byte one : from) {
            if (random.nextInt(8) == 0) {
                to.writeBytes(text(random, 1));
            }
            if (random.nextInt(12) != 0) {
                to.write(one);
            }
        }
        to.writeBytes(random.nextBoolean() ? text(random, random.nextInt(3)) : new byte[0]);
        return to.toByteArray();
    }

    private static boolean inPieces(Random random, byte[] printed, Expected expected) {
        OutputMatch match = OutputMatch.of(expected);
        byte[] piece = new byte[16];
        for (int at = 0; at < printed.length; ) {
            int length = Math.min(printed.length - at, random.nextInt(5));
            System.arraycopy(printed, at, piece, 0, length);
            match.printedToStdout(piece, length);
            at += length;
        }
        return match.matches();
    }
}
