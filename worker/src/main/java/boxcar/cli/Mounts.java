package boxcar.cli;

import boxcar.files.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Folders of a benchmark that are in memory. */
final class Mounts {
    private Mounts() {}

    /** Puts a folder into memory. */
    static void memory(Path folder) throws IOException {
        tool("mount", "-t", "tmpfs", "-o", "mode=0755", "boxcar", folder.toString());
    }

    /** Removes a folder and all that is in it, mounts too. */
    static void remove(Path folder) throws IOException {
        String mounts =
                new String(
                        Files.readAllBytes(Path.of("/proc/self/mountinfo")),
                        StandardCharsets.ISO_8859_1);
        List<Path> ours =
                mounts.lines()
                        .map(line -> Path.of(line.split(" ", 6)[4]))
                        .filter(mount -> mount.startsWith(folder))
                        .toList();
        for (Path mount : ours.reversed()) {
            tool("umount", "--lazy", mount.toString());
        }
        Trees.delete(folder);
    }

    private static void tool(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + " was interrupted", e);
        }
    }
}
