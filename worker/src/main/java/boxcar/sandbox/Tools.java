package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Runs tools of the system that must succeed. */
final class Tools {
    /** Far above what a tool takes on a busy host. A tool that takes longer hangs. */
    private static final Duration DEADLINE = Duration.ofMinutes(1);

    private Tools() {}

    /**
     * @throws Fault if it cannot be started or does not end in time; its exit status may be any
     */
    static Finished run(List<String> argv) throws Fault, InterruptedException {
        try {
            return OsProcess.run(Command.tool(argv), DEADLINE);
        } catch (IOException e) {
            throw Faults.sandbox("cannot run '" + String.join(" ", argv) + "'", e);
        }
    }

    static Finished run(String... argv) throws Fault, InterruptedException {
        return run(List.of(argv));
    }

    /**
     * @throws Fault if it does not exit with 0
     */
    static Finished mustRun(String... argv) throws Fault, InterruptedException {
        Finished finished = run(argv);
        if (!finished.well()) {
            throw Faults.box("cannot prepare a box: " + finished.evidence());
        }
        return finished;
    }
}
