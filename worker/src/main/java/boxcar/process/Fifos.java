package boxcar.process;

import java.nio.file.Path;

/**
 * Named pipes for the three standard streams, in place of nameless ones. A nameless pipe belongs to
 * the user who made it, and another who opens {@code /dev/stdin} or {@code /dev/stderr} is refused;
 * a FIFO has the owner and mode that we give it. For one process at a time.
 *
 * @param in what the process reads
 * @param out its standard output
 * @param err its standard error
 */
public record Fifos(Path in, Path out, Path err) {}
