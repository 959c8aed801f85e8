package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.abort;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.sandbox.SandboxSettings.Choice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** One engine with a few boxes and a folder of its own, for programs that mean harm. */
record HostileStand(Sandbox sandbox, Path home) implements AutoCloseable {
    private static final int DISK_KIB = 32 * 1024;

    /** The test is skipped, with the reason, where the engine does not work. */
    static HostileStand open(String program, int firstBox, int boxes) throws Exception {
        Path home = Files.createTempDirectory("hostile-test");
        try {
            return new HostileStand(
                    Sandboxes.open(
                            new SandboxSettings(
                                    program.equals("runc") ? Choice.RUNC : Choice.ISOLATE,
                                    program,
                                    program,
                                    firstBox,
                                    firstBox + 2 * boxes,
                                    boxes,
                                    home.resolve("locks"),
                                    DISK_KIB)),
                    home);
        } catch (Fault e) {
            System.out.println("SKIPPED engine " + program + ": " + e.getMessage());
            return abort(program + ": " + e.getMessage());
        }
    }

    Ending run(Given given) throws Fault, InterruptedException {
        return sandbox.run(given.stage(), new Cancellation());
    }

    String engine() {
        return sandbox.engine().name() + " " + sandbox.engine().version();
    }

    static String out(Ending ending) {
        return new String(ending.stdout().bytes(), UTF_8);
    }

    static String err(Ending ending) {
        return new String(ending.stderr().bytes(), UTF_8);
    }

    @Override
    public void close() throws IOException {
        sandbox.close();
        Trees.delete(home);
    }
}
