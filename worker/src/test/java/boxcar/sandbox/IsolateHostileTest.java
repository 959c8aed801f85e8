package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateHostileTest extends HostileCodeContract {
    @Override
    Choice engine() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate";
    }
}
