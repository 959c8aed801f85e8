package boxcar.sandbox;

import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Sandbox;
import boxcar.job.Stage;

/** Stands where none could be opened. */
record NoSandbox() implements Sandbox {
    @Override
    public Ending run(Stage stage, Cancellation cancellation) {
        throw new IllegalStateException("no sandbox was opened");
    }

    @Override
    public Disk disk() {
        throw new IllegalStateException("no sandbox was opened");
    }

    @Override
    public Engine engine() {
        throw new IllegalStateException("no sandbox was opened");
    }

    @Override
    public Boxes boxes() {
        return new Boxes(0, 0, 0);
    }

    @Override
    public void close() {}
}
