package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;
import java.util.List;

/** The first isolate of BOXCAR_TEST_ISOLATES (paths, separated by colons), where that is set. */
class OtherIsolateContractTest extends SandboxContractTest {
    @Override
    Choice engine() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        String programs = System.getenv().getOrDefault("BOXCAR_TEST_ISOLATES", "no-other-isolate");
        return List.of(programs.split(":", -1)).getFirst();
    }
}
