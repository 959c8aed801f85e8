package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Bind;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.job.Workshop.RuntimeHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A program in a runtime: how its compile and run stages look. In the box the runtime's folder is
 * {@code /runtime} and the work directory {@code /box}; its environment is the runtime's as
 * captured, above it the job's.
 */
record Program(RuntimeHome home, Map<String, String> env, EngineSettings settings) {
    private static final String RUNTIME = "/runtime";
    private static final Path STORE = Path.of("/nix/store");
    private static final byte[] NOTHING = new byte[0];

    /** How the probe says what is wrong with an interpreter. */
    static final int ABSENT = 3;

    static final int IS_FOLDER = 4;
    static final int NOT_EXECUTABLE = 5;
    static final int NOT_FOUND = 6;

    private static final String PROBE =
            """
            [ -e "$1" ] || exit 3
            [ ! -d "$1" ] || exit 4
            [ -x "$1" ] || exit 5
            [ -z "$2" ] || command -v "$2" >/dev/null || exit 6
            """;

    Stage compile(WorkDirectory work, Limits limits) throws Fault {
        return stage(StageKind.COMPILE, script("compile"), work, limits, NOTHING);
    }

    Stage run(WorkDirectory work, Limits limits, List<String> args, byte[] stdin) throws Fault {
        List<String> command = new ArrayList<>(script("run"));
        command.addAll(args);
        return stage(StageKind.RUN, command, work, limits, stdin);
    }

    /**
     * Looks whether an interpreter can be started, as programs of this runtime see it.
     *
     * @param searched a program that must be in PATH, too; empty for none
     */
    Stage probe(WorkDirectory work, String interpreter, String searched) {
        return stage(
                StageKind.RUN,
                List.of("/bin/sh", "-c", PROBE, "sh", interpreter, searched),
                work,
                settings.checkRun(),
                NOTHING);
    }

    /**
     * @throws Rejected if a variable of the job would not come through a script of the runtime
     */
    void requireThatVariablesArrive() throws Rejected, Fault {
        List<String> odd = ScriptShell.odd(env.keySet());
        if (odd.isEmpty()) {
            return;
        }
        for (String name : List.of("compile", "run")) {
            Path script = home.folder().resolve(name);
            try {
                if (Files.exists(script)
                        && ScriptShell.drops(script)
                        && ScriptShell.withBash(script, name).isEmpty()) {
                    throw new Rejected(
                            "env",
                            odd.getFirst(),
                            "must have names of letters, digits and '_' that do not begin with a digit: the shell of this runtime's "
                                    + name
                                    + " script drops others, and this host has no bash in its place. Pass the value as an argument, or begin the script with another interpreter");
                }
            } catch (IOException e) {
                throw unreadable(script, e);
            }
        }
    }

    /** By itself, as its first line says, unless a variable would be lost that way. */
    private List<String> script(String name) throws Fault {
        String inside = RUNTIME + "/" + name;
        if (!ScriptShell.odd(environment().keySet()).isEmpty()) {
            Path script = home.folder().resolve(name);
            try {
                List<String> bash =
                        ScriptShell.drops(script)
                                ? ScriptShell.withBash(script, inside)
                                : List.of();
                if (!bash.isEmpty()) {
                    return bash;
                }
            } catch (IOException e) {
                throw unreadable(script, e);
            }
        }
        return List.of(inside);
    }

    private static Fault unreadable(Path script, IOException e) {
        return new Fault("runtime-folder", Fault.Next.TRY_ELSEWHERE, "cannot read " + script, e);
    }

    private Stage stage(
            StageKind kind, List<String> command, WorkDirectory work, Limits limits, byte[] stdin) {
        return new Stage(
                kind,
                command,
                environment(),
                work.path(),
                binds(),
                limits,
                stdin,
                settings.outputCapKib(),
                settings.network().contains(kind),
                Stage.OutputListener.NONE);
    }

    private Map<String, String> environment() {
        Map<String, String> all = new HashMap<>();
        all.put("PATH", "/usr/bin:/bin");
        all.putAll(home.environment());
        all.put("HOME", "/box");
        all.put("TMPDIR", "/tmp");
        all.put("USER", "box");
        all.put("LOGNAME", "box");
        all.putAll(env);
        return all;
    }

    private List<Bind> binds() {
        List<Bind> binds = new ArrayList<>();
        binds.add(Bind.readOnly(home.folder(), RUNTIME));
        if (Files.isDirectory(STORE)) {
            binds.add(Bind.readOnly(STORE, STORE.toString()));
        }
        return binds;
    }
}
