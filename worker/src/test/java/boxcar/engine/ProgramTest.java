package boxcar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import boxcar.job.Workshop.RuntimeHome;
import boxcar.sandbox.SandboxSettings;
import boxcar.sandbox.SandboxSettings.Choice;
import boxcar.sandbox.Sandboxes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which variables reach a program, through the script of its runtime, in a real box. */
class ProgramTest {
    private static final Limits LIMITS =
            new Limits(
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(20),
                    Duration.ZERO,
                    512 * 1024,
                    16 * 1024,
                    64,
                    32,
                    1024);

    /** Names and values of every kind, and some that the runtime or Boxcar sets, too. */
    private static final Map<String, String> ODD =
            Map.ofEntries(
                    Map.entry("server.port", "8080"),
                    Map.entry("a-b", "x y"),
                    Map.entry("1st", "digit"),
                    Map.entry("with space", " x "),
                    Map.entry("größe", "ü"),
                    Map.entry("quote'\"$(id)`", "$HOME"),
                    Map.entry("line\nbreak", "a\nb\n"),
                    Map.entry("empty.value", ""),
                    Map.entry("EMPTY", ""),
                    Map.entry("LD_PRELOAD", ""),
                    Map.entry("LD_BIND_NOW", ""),
                    Map.entry("LINES_OF_TEXT", "a\nb = c\n"),
                    Map.entry("LONG", "x".repeat(20_000)),
                    Map.entry("BASH_FUNC_f%%", "no function"),
                    Map.entry("PATH", "/own:/usr/bin:/bin"),
                    Map.entry("HOME", "/elsewhere"),
                    Map.entry("OF_THE_RUNTIME", "the job's"));

    private static final Set<String> OF_SHELLS = Set.of("PWD", "OLDPWD", "SHLVL", "_");

    private Path home = Path.of("unset");

    @BeforeEach
    void aRuntime() throws Exception {
        home = Files.createTempDirectory("program-test");
    }

    @AfterEach
    void away() throws Exception {
        Trees.delete(home);
    }

    private Program program(String run, Map<String, String> env) throws Exception {
        Path runtime = Files.createDirectories(home.resolve("runtime"));
        Files.setAttribute(home, "unix:mode", 0755);
        Path script = Files.writeString(runtime.resolve("run"), run);
        Files.setAttribute(script, "unix:mode", 0755);
        var settings =
                new EngineSettings(
                        home.resolve("work"),
                        64,
                        64,
                        1024,
                        LIMITS,
                        LIMITS,
                        Set.of(),
                        InstantSource.system());
        Map<String, String> captured =
                Map.of("OF_THE_RUNTIME", "its own", "ONLY_OF_THE_RUNTIME", "kept");
        return new Program(new RuntimeHome(runtime, captured), env, settings);
    }

    private Ending run(String engine, String run, Map<String, String> env) throws Exception {
        Program program = program(run, env);
        program.requireThatVariablesArrive();
        var settings =
                new SandboxSettings(
                        engine.equals("runc") ? Choice.RUNC : Choice.ISOLATE,
                        engine,
                        engine,
                        960,
                        969,
                        1,
                        home.resolve("locks"),
                        4096);
        try (Sandbox sandbox = open(settings)) {
            var directories = new WorkDirectories(home.resolve("work"), sandbox, Telemetry.NONE);
            try (WorkDirectory work = directories.create()) {
                return sandbox.run(
                        program.run(work, LIMITS, List.of("one", "two words"), new byte[0]),
                        new Cancellation());
            }
        }
    }

    private static Sandbox open(SandboxSettings settings) throws Exception {
        try {
            return Sandboxes.open(settings);
        } catch (Fault e) {
            return abort(settings.isolate() + ": " + e.getMessage());
        }
    }

    private static Map<String, String> variables(Ending ending) {
        assertEquals(
                new Ending.Exited(0), ending.how(), new String(ending.stderr().bytes(), UTF_8));
        Map<String, String> found = new TreeMap<>();
        String printed = new String(ending.stdout().bytes(), UTF_8);
        for (String entry : printed.substring(0, printed.length() - 1).split("\0", -1)) {
            int equals = entry.indexOf('=');
            found.put(entry.substring(0, equals), entry.substring(equals + 1));
        }
        found.keySet().removeAll(OF_SHELLS);
        return found;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "isolate   | #!/bin/sh",
                "isolate-1 | #!/bin/sh -eu",
                "runc      | #!/bin/sh",
                "runc      | #!/usr/bin/env sh",
                "isolate   | #!/bin/bash",
                "isolate   | #! /bin/dash"
            })
    void everyVariableOfAJobArrivesWhateverItsName(String engine, String line) throws Exception {
        Map<String, String> expected = new HashMap<>(ODD);
        expected.putAll(
                Map.of(
                        "ONLY_OF_THE_RUNTIME", "kept",
                        "TMPDIR", "/tmp",
                        "USER", "box",
                        "LOGNAME", "box"));

        assertEquals(
                new TreeMap<>(expected),
                variables(run(engine, line + "\nexec /usr/bin/env -0\n", ODD)));
    }

    @Test
    void aScriptThatBashRunsInPlaceOfDashPrintsTheSame() throws Exception {
        String script =
                "#!/bin/sh\necho -n 'a\\tb'; echo 'c\\n'; echo \"$0 $1 $2 $#\"; x=1; [ $x = 1 ] && echo $x\n";

        Ending plain = run("runc", script, Map.of());
        Ending odd = run("runc", script, Map.of("server.port", "8080"));

        String expected = "a\tbc\n\n/runtime/run one two words 2\n1\n";
        assertEquals(expected, new String(plain.stdout().bytes(), UTF_8));
        assertEquals(expected, new String(odd.stdout().bytes(), UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"server.port", "a-b", "1st", "", "ä", "a b"})
    void namesThatAShellDropsAreKnown(String name) {
        assertEquals(List.of(name), ScriptShell.odd(List.of(name, "GOOD", "_good1")));
    }

    @ParameterizedTest
    @CsvSource({
        "#!/bin/dash,true",
        "#!/usr/bin/env -S sh -e,true",
        "#!/bin/busybox sh,true",
        "#!/nowhere/bin/sh,true",
        "#!/bin/bash,false",
        "#!/usr/bin/perl -w,false",
        "#!/usr/bin/env python3,false",
        "no interpreter,false"
    })
    void shellsThatDropVariablesAreKnownByTheFirstLine(String line, boolean drops)
            throws Exception {
        Path script = Files.writeString(home.resolve("script"), line + "\necho\n");

        assertEquals(drops, ScriptShell.drops(script));
    }

    @Test
    void aScriptRunsByItselfUnlessAVariableWouldBeLost() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash");
        Path script = Files.writeString(home.resolve("script"), "#!/bin/dash -e\n");

        assertEquals(
                List.of("/bin/bash", "-O", "xpg_echo", "-e", "/runtime/run"),
                ScriptShell.withBash(script, "/runtime/run"));
        assertTrue(ScriptShell.odd(List.of("GOOD")).isEmpty());
        assertFalse(ScriptShell.drops(Path.of("/bin/bash")));
    }
}
