package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher starts, and with what environment: here a Java that tells its own. */
class LauncherTest {
    @TempDir Path folder;

    private Path launcher = Path.of("unset");
    private Path jdk = Path.of("unset");

    @BeforeEach
    void anInstallationOfJars() throws Exception {
        Files.createDirectories(folder.resolve("home/lib/worker"));
        launcher = Files.copy(Path.of("..", "boxcar"), folder.resolve("home/boxcar"));
        Files.setAttribute(launcher, "unix:mode", 0755);
        jdk = Files.createDirectories(folder.resolve("jdk"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25\"\n");
        program(Files.createDirectory(jdk.resolve("bin")).resolve("java"), "exec /usr/bin/env");
    }

    private static Path program(Path file, String script) throws Exception {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setAttribute(file, "unix:mode", 0755);
        return file;
    }

    /** Exit status and all that was printed. */
    private record Launched(int status, String said) {
        List<String> lines() {
            return said.lines().toList();
        }
    }

    private Launched launch(String... variables) throws Exception {
        return launch(List.of(launcher.toString(), "doctor"), variables);
    }

    private Launched launch(List<String> command, String... variables) throws Exception {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("BOXCAR_JAVA_HOME", jdk.toString());
        builder.environment().put("BOXCAR_SETUP", "never");
        for (int i = 0; i < variables.length; i += 2) {
            builder.environment().put(variables[i], variables[i + 1]);
        }
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        return new Launched(process.exitValue(), said);
    }

    @Test
    void programsAreNotLookedUpWhereOthersMayWrite() throws Exception {
        Path open = Files.createDirectory(folder.resolve("open"));
        Path own = Files.createDirectory(folder.resolve("own"));
        for (String name : List.of("setpriv", "stat", "mkdir", "setsid")) {
            program(open.resolve(name), "echo planted; exec /usr/bin/" + name + " \"$@\"");
        }
        Files.setAttribute(open, "unix:mode", 01777);

        Launched launched =
                launch("PATH", open + ":.::relative:/no/such:" + own + ":/usr/bin:/bin");

        assertEquals(0, launched.status(), launched::said);
        assertFalse(launched.said().contains("planted"), launched::said);
        assertTrue(
                launched.said().contains("PATH=" + own + ":/usr/bin:/bin:/usr/local/sbin:"),
                launched::said);
    }

    /** The launcher begins anew where its caller ignores SIGINT, by a program that it looks up. */
    @Test
    void nothingIsLookedUpWhereOthersMayWriteToUndoAnIgnoredInterrupt() throws Exception {
        Path open = Files.createDirectory(folder.resolve("open"));
        for (String name : List.of("env", "bash", "perl")) {
            program(open.resolve(name), "echo planted; exit 1");
        }
        Files.setAttribute(open, "unix:mode", 01777);

        Launched launched =
                launch(
                        List.of(
                                "/bin/bash",
                                "-c",
                                "trap '' INT; PATH=$1:$PATH; exec /bin/bash \"$2\" worker --help",
                                "bash",
                                open.toString(),
                                launcher.toString()));

        assertEquals(0, launched.status(), launched::said);
        assertFalse(launched.said().contains("planted"), launched::said);
    }

    @Test
    void whatLoadsCodeOrSettingsOfOthersIsNotPassedOn() throws Exception {
        Launched launched =
                launch(
                        "PERL5LIB",
                        "/tmp/planted",
                        "LD_LIBRARY_PATH",
                        "/tmp/planted",
                        "NIX_CONFIG",
                        "plugin-files = /tmp/planted",
                        "PYTHONPATH",
                        "/tmp/planted",
                        "OPERATORS_OWN",
                        "kept");

        assertEquals(0, launched.status(), launched::said);
        assertFalse(launched.said().contains("planted"), launched::said);
        assertTrue(launched.lines().contains("OPERATORS_OWN=kept"), launched::said);
    }

    @Test
    void nothingIsRunFromAFolderThatOthersMayChange() throws Exception {
        Path state = Files.createDirectory(folder.resolve("home/.boxcar"));
        Files.setAttribute(state, "unix:mode", 0777);

        Launched launched = launch();

        assertEquals(69, launched.status(), launched::said);
        assertEquals(
                List.of(
                        "boxcar: others may change "
                                + state.toRealPath()
                                + ", and what is run is in there.",
                        "  Remove it, or make it yours alone: chown, chmod 700."),
                launched.lines());
    }
}
