package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Rejection;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Workshop.RuntimeHome;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rejects an installation whose scripts no job could start. Else each job would fail, and it would
 * look like the fault of its program.
 */
final class FirstLineCheck {
    private static final String COMPILE = "compile_script";
    private static final String RUN = "run_script";

    private final EngineSettings settings;
    private final WorkDirectories directories;
    private final StageRunner stages;

    FirstLineCheck(EngineSettings settings, WorkDirectories directories, StageRunner stages) {
        this.settings = settings;
        this.directories = directories;
        this.stages = stages;
    }

    /** What can be seen without a runtime. */
    static void beforeBuild(RuntimeDefinition definition) throws Rejected {
        beforeBuild(COMPILE, definition.compileScript());
        beforeBuild(RUN, definition.runScript());
    }

    private static void beforeBuild(String field, @Nullable String script) throws Rejected {
        if (script == null) {
            return;
        }
        Optional<String> trouble = FirstLine.trouble(script);
        if (trouble.isPresent()) {
            throw new Rejected(
                    Rejection.Code.SCRIPT_NOT_EXECUTABLE,
                    field,
                    FirstLine.shown(script),
                    trouble.get());
        }
    }

    /** Whether the interpreters are in the box, where programs of this runtime will run. */
    void inTheBox(RuntimeDefinition definition, RuntimeHome home, Cancellation cancellation)
            throws Rejected, Fault, InterruptedException {
        String compile = definition.compileScript();
        if (compile != null) {
            inTheBox(COMPILE, compile, home, cancellation);
        }
        inTheBox(RUN, definition.runScript(), home, cancellation);
    }

    private void inTheBox(String field, String script, RuntimeHome home, Cancellation cancellation)
            throws Rejected, Fault, InterruptedException {
        FirstLine line = FirstLine.of(script);
        if (line.isStandard()) {
            return;
        }
        Ending ending;
        try (WorkDirectory work = directories.create()) {
            var program = new Program(home, Map.of(), settings);
            ending =
                    stages.run(
                                    program.probe(work, line.interpreter(), line.searched()),
                                    cancellation)
                            .ending();
        }
        Optional<String> trouble =
                ending.how() instanceof Ending.Exited exited
                        ? trouble(exited.code(), line)
                        : Optional.empty();
        if (trouble.isPresent()) {
            throw new Rejected(
                    Rejection.Code.SCRIPT_NOT_EXECUTABLE,
                    field,
                    FirstLine.shown(script),
                    trouble.get());
        }
    }

    private static Optional<String> trouble(int status, FirstLine line) {
        String must = "must name an interpreter in its first line that programs can start: ";
        return switch (status) {
            case Program.ABSENT ->
                    Optional.of(must + "there is no " + line.interpreter() + " in the box");
            case Program.IS_FOLDER -> Optional.of(must + line.interpreter() + " is a folder");
            case Program.NOT_EXECUTABLE ->
                    Optional.of(must + line.interpreter() + " is not executable");
            case Program.NOT_FOUND ->
                    Optional.of(
                            must
                                    + line.interpreter()
                                    + " finds no "
                                    + line.searched()
                                    + " in the runtime's PATH");
            default -> Optional.empty();
        };
    }
}
