package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateTwoContractTest extends SandboxContractTest {
    @Override
    Choice engine() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate-2";
    }

    @Override
    String testedAs() {
        return "isolate";
    }
}
