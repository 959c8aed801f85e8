package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateContractTest extends SandboxContractTest {
    @Override
    Choice engine() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate";
    }
}
