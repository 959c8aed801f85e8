package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateOneContractTest extends SandboxContractTest {
    @Override
    Choice engine() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate-1";
    }
}
