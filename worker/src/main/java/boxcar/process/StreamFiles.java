package boxcar.process;

import java.nio.file.Path;
import java.util.List;

/**
 * Named files for the three standard streams, in place of nameless pipes. A nameless pipe belongs
 * to the user who made it, and another who opens {@code /dev/stdin} or {@code /dev/stderr} is
 * refused; a file has the owner and mode that we give it. For one process at a time.
 *
 * @param in a regular file, which gets what the process reads: who opens a FIFO by name would wait
 *     for somebody to write into it
 * @param out a FIFO, its standard output
 * @param err a FIFO, its standard error
 * @param more what the process has open besides, from descriptor 3 on
 */
public record StreamFiles(Path in, Path out, Path err, List<OpenFile> more) {
    public StreamFiles {
        more = List.copyOf(more);
    }

    /** Nothing but the standard streams. */
    public StreamFiles(Path in, Path out, Path err) {
        this(in, out, err, List.of());
    }

    /** The same streams, and more. */
    public StreamFiles with(List<OpenFile> files) {
        return new StreamFiles(in, out, err, files);
    }
}
