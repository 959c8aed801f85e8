package boxcar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.job.Job.Expected;
import boxcar.job.Job.MatchMode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputMatchTest {
    private static boolean matches(String printed, String expected, MatchMode mode) {
        return OutputMatch.matches(bytes(printed), new Expected(bytes(expected), mode));
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
        assertEquals(true, OutputMatch.matches(new byte[] {(byte) 0xff, 'a', '\n'}, expected));
        assertEquals(false, OutputMatch.matches(new byte[] {(byte) 0xfe, 'a'}, expected));
    }

    @Test
    void nothingMatchesNothing() {
        assertEquals(true, matches("", "", MatchMode.EXACT));
        assertEquals(true, matches("\\n", "", MatchMode.TRAILING_SPACE));
        assertEquals(false, matches("", "a", MatchMode.TOKENS));
    }
}
