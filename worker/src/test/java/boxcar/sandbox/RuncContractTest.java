package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class RuncContractTest extends SandboxContractTest {
    @Override
    Choice engine() {
        return Choice.RUNC;
    }

    @Override
    String program() {
        return "runc";
    }
}
