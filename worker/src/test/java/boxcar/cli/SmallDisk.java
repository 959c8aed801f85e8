package boxcar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file system of few MiB that is mounted over a folder. */
public final class SmallDisk {
    private final Path folder;

    public SmallDisk(Path folder, int mebibytes) throws Exception {
        this.folder = folder;
        Files.createDirectories(folder);
        run("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "small", folder.toString());
    }

    /** Writes a file of so many MiB, or as much as there is room for. */
    public void fill(int mebibytes) throws IOException {
        try (var out = Files.newOutputStream(folder.resolve("ballast"))) {
            byte[] mebibyte = new byte[1 << 20];
            for (int i = 0; i < mebibytes; i++) {
                out.write(mebibyte);
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw e;
            }
        }
    }

    public void free() throws IOException {
        Files.delete(folder.resolve("ballast"));
    }

    private static void run(String... command) throws Exception {
        int exit = new ProcessBuilder(List.of(command)).inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " exited " + exit);
        }
    }

    public void unmount() throws Exception {
        run("umount", "--lazy", folder.toString());
    }
}
