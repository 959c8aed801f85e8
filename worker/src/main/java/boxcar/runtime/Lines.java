package boxcar.runtime;

import boxcar.job.Progress;
import boxcar.job.Stage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Cuts output into lines of progress; a line over 4 KiB is cut, and only the first megabyte is
 * told. Both streams may call at once.
 */
final class Lines implements Stage.OutputListener {
    private static final int LONGEST = 4096;
    private static final int MOST = 1 << 20;
    private final Progress progress;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int told;

    Lines(Progress progress) {
        this.progress = progress;
    }

    @Override
    public synchronized void printed(byte[] bytes, int length) {
        int heard = Math.min(length, MOST - told);
        told += heard;
        for (int i = 0; i < heard; i++) {
            if (bytes[i] == '\n' || line.size() >= LONGEST) {
                flush();
            }
            if (bytes[i] != '\n') {
                line.write(bytes[i]);
            }
        }
        if (heard > 0 && told == MOST) {
            tellNoMore();
        }
    }

    private void tellNoMore() {
        flush();
        progress.line(Progress.Tag.NOTE, "More output is not told here");
    }

    /** Tells what is left without an end of line. */
    synchronized void flush() {
        if (line.size() > 0) {
            progress.line(Progress.Tag.OUTPUT, line.toString(StandardCharsets.UTF_8));
            line.reset();
        }
    }
}
