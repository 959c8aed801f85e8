package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostCheckTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sandbox = false | false",
                "  sandbox=false # Debian | false",
                "sandbox = true | true",
                "sandbox = relaxed | true",
                "# sandbox = false | true",
                "sandbox-paths = /bin/sh | true",
                "sandbox = false%sandbox = true | true",
                "sandbox = true%sandbox = false | false",
            })
    void whetherNixBuildsInASandboxIsTheLastLinesWord(String lines, boolean sandboxed)
            throws Exception {
        Path file = Files.writeString(folder.resolve("nix.conf"), lines.replace('%', '\n'));

        assertEquals(sandboxed, HostCheck.buildsInSandbox(file));
    }

    @Test
    void withoutAConfigurationNixBuildsInASandbox() {
        assertTrue(HostCheck.buildsInSandbox(folder.resolve("none")));
    }
}
