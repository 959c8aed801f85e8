package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Bind;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import boxcar.job.Workshop.RuntimeHome;
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

    Stage compile(WorkDirectory work, Limits limits) {
        return stage(StageKind.COMPILE, List.of(RUNTIME + "/compile"), work, limits, NOTHING);
    }

    Stage run(WorkDirectory work, Limits limits, List<String> args, byte[] stdin) {
        List<String> command = new ArrayList<>(args.size() + 1);
        command.add(RUNTIME + "/run");
        command.addAll(args);
        return stage(StageKind.RUN, command, work, limits, stdin);
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
