package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateHostileTest extends HostileCodeContract {
    @Override
    Choice choice() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate";
    }
}
