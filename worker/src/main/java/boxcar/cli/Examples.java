package boxcar.cli;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The folder {@code examples/}, beside the launcher. */
final class Examples {
    private final Path folder;

    Examples() {
        this(Path.of(System.getProperty("boxcar.home", ".")));
    }

    /** Those of the installation in that folder. */
    Examples(Path home) {
        this.folder = home.resolve("examples");
    }

    byte[] read(String name) throws Fault {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (IOException e) {
            throw new Fault(
                    "examples",
                    Fault.Next.GIVE_UP,
                    "cannot read example " + name + " in " + folder,
                    e);
        }
    }
}
