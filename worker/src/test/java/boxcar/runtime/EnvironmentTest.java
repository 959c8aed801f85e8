package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
    private static Environment parse(String text) {
        return Environment.parse(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aNameEndsAtTheFirstEqualsSignAndAValueMayHoldMore() {
        assertEquals(Map.of("A", "b=c=d"), parse("A=b=c=d\0").variables());
    }

    @Test
    void aValueMayHoldLinesAndSpaces() {
        assertEquals(
                Map.of("A", "two\nlines, spaces ", "B", ""),
                parse("A=two\nlines, spaces \0B=\0").variables());
    }

    @Test
    void whatHasNoNameIsNoVariable() {
        assertEquals(Map.of("A", "1"), parse("=x\0junk\0A=1\0").variables());
    }

    @Test
    void writingAndReadingGiveTheSame() {
        Environment environment = new Environment(Map.of("A", "ü\n=", "B", "2"));
        assertEquals(environment, Environment.parse(environment.encode()));
    }

    @Test
    void whatBelongsToTheInstallationStaysThere() {
        assertEquals(
                Map.of("PATH", "/p"),
                parse("PATH=/p\0TMPDIR=/tmp\0PWD=/box\0NIX_REMOTE=daemon\0HOME=/tmp\0")
                        .withoutInstallation()
                        .variables());
    }
}
