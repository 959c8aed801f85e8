package boxcar.sandbox;

import boxcar.sandbox.SandboxSettings.Choice;

class IsolateOneHostileTest extends HostileCodeContract {
    @Override
    Choice choice() {
        return Choice.ISOLATE;
    }

    @Override
    String program() {
        return "isolate-1";
    }
}
