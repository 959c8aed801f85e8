package boxcar.parts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a benchmark keeps its files: below what {@code boxcar bench parts} removes afterwards. */
public final class BenchFolder {
    private BenchFolder() {}

    public static Path make() throws IOException {
        String parent = System.getenv("BOXCAR_BENCH_FOLDER");
        return parent == null
                ? Files.createTempDirectory("boxcar-bench-")
                : Files.createTempDirectory(Path.of(parent), "parts-");
    }
}
