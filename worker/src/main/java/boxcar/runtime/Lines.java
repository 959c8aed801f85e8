package boxcar.runtime;

import boxcar.job.Progress;
import boxcar.job.Stage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Cuts output into lines of progress; a line over 4 KiB is cut. Both streams may call at once. */
final class Lines implements Stage.OutputListener {
    private static final int LONGEST = 4096;
    private final Progress progress;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    Lines(Progress progress) {
        this.progress = progress;
    }

    @Override
    public synchronized void printed(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n' || line.size() >= LONGEST) {
                flush();
            }
            if (bytes[i] != '\n') {
                line.write(bytes[i]);
            }
        }
    }

    /** Tells what is left without an end of line. */
    synchronized void flush() {
        if (line.size() > 0) {
            progress.line(Progress.Tag.OUTPUT, line.toString(StandardCharsets.UTF_8));
            line.reset();
        }
    }
}
