package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.cli.Capability.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CapabilityTest {
    private static final Path LAUNCHER = Path.of("..", "boxcar");
    private static final Path PAGE = Path.of("..", "docs", "security.md");

    private static Held held(String effective, String bounding) throws IOException {
        return Held.of(List.of("Name:\tjava", "CapEff:\t" + effective, "CapBnd:\t" + bounding));
    }

    @Test
    void theListIsWhatTheKernelCallsBits0And1And3And5To8And12And18And21And24And27() {
        assertEquals(0x92411ebL, Capability.all());
    }

    @Test
    void whoHasAllOfRootLacksNothingAndHasMoreThanIsNeeded() throws Exception {
        Held root = held("000001ffffffffff", "000001ffffffffff");
        assertEquals(Set.of(), root.missing());
        assertEquals(41 - 12, root.needless());
    }

    @Test
    void whatMayNotBeGainedIsMissingThoughItIsHeldNow() throws Exception {
        assertEquals(
                EnumSet.of(Capability.CHOWN),
                held("00000000092411eb", "00000000092411ea").missing());
        assertEquals(EnumSet.allOf(Capability.class), held("0", "0").missing());
    }

    @Test
    void aStatusWithoutTheSetsIsRefused() {
        IOException e = assertThrows(IOException.class, () -> Held.of(List.of("Name:\tjava")));
        assertTrue(String.valueOf(e.getMessage()).endsWith("has no CapEff:"), e::toString);
    }

    @Test
    void launcherPageAndProgramHaveOneList() throws Exception {
        Set<String> ours =
                Arrays.stream(Capability.values())
                        .map(Capability::name)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(ours, listed(LAUNCHER, "(?s)\ncapabilities=\\((.*?)\\)", "[a-z_]+"));
        assertEquals(ours, listed(PAGE, "(?s)## The worker\n(.*?)\n## ", "(?<=`CAP_)[A-Z_]+"));
    }

    private static Set<String> listed(Path file, String part, String word) throws IOException {
        Matcher found = Pattern.compile(part).matcher(Files.readString(file));
        assertTrue(found.find(), () -> file + " has no " + part);
        return Pattern.compile(word)
                .matcher(found.group(1))
                .results()
                .map(match -> match.group().toUpperCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
