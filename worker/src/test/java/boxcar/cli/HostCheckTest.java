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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "true | true | as root: echo 'd /nix/var/nix/daemon-socket 755 root nix-users' >"
                        + " /etc/tmpfiles.d/boxcar.conf; systemd-tmpfiles --create",
                "true | false | as root: chmod 755 /nix/var/nix/daemon-socket",
                "false | true | systemctl enable --now nix-daemon.socket",
                "false | false | as root: nix-daemon &  and  chmod 755 /nix/var/nix/daemon-socket",
            })
    void howTheNixDaemonIsReachedDependsOnWhoStartsIt(
            boolean closed, boolean systemd, String mend) {
        assertEquals(mend, HostCheck.nixMend(closed, systemd));
    }

    @Test
    void withoutAConfigurationNixBuildsInASandbox() {
        assertTrue(HostCheck.buildsInSandbox(folder.resolve("none")));
    }
}
