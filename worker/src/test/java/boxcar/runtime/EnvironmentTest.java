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

    @Test
    void pathIsWhatTheExpressionMade() {
        assertEquals(
                "/nix/store/x/bin:/usr/bin:/bin", path("/boxcar:/nix/store/x/bin:/usr/bin:/bin"));
        assertEquals("/usr/bin:/p/bin", path("/boxcar:/usr/bin:/p/bin:/usr/bin:/p/bin"));
        assertEquals("/bin:/p", path("/boxcar::/bin:/p"));
        assertEquals("/hook:/p", path("/hook:/boxcar:/p"));
        assertEquals(Map.of(), parse("PATH=/boxcar\0").withoutInstallation().variables());
    }

    @Test
    void aShellThatNixShellMadeIsTakenFromPathOnce() {
        String shell = "SHELL=/nix/store/b-bash/bin/bash\0";

        assertEquals(
                Map.of("PATH", "/p:/nix/store/b-bash/bin"),
                parse(shell + "PATH=/nix/store/b-bash/bin:/p:/nix/store/b-bash/bin\0")
                        .withoutInstallation()
                        .variables());
    }

    private static String path(String captured) {
        return String.valueOf(
                parse("SHELL=/boxcar/bash\0PATH=" + captured + "\0")
                        .withoutInstallation()
                        .variables()
                        .get("PATH"));
    }
}
