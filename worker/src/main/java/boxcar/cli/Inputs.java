package boxcar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that the user names; "-" is standard input. */
final class Inputs {
    private Inputs() {}

    static byte[] read(Path file) {
        try {
            return file.toString().equals("-")
                    ? System.in.readAllBytes()
                    : Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UsageException("cannot read " + file + ": " + e);
        }
    }
}
