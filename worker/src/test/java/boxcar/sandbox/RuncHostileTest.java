package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class RuncHostileTest extends HostileCodeContract {
    @Override
    Choice choice() {
        return Choice.RUNC;
    }

    @Override
    String program() {
        return "runc";
    }
}
