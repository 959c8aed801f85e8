package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Disk;
import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * The /tmp and /dev/shm of one box: a bounded tmpfs on the host, bound into the box and emptied
 * after each stage. The worker looks there at what a stage left. For one thread at a time.
 *
 * @param folder where the tmpfs is mounted
 */
record Scratch(Path folder) {
    /** What one box may hold in both together; counted to its memory under control groups. */
    private static final int SIZE_KIB = 256 * 1024;

    private static final int FOR_ANYBODY = 01777;

    Path tmp() {
        return folder.resolve("tmp");
    }

    Path shm() {
        return folder.resolve("shm");
    }

    /** Mounts the tmpfs. Unmount an earlier one first. */
    void make() throws IOException, Fault, InterruptedException {
        Files.createDirectories(folder);
        Tools.mustRun(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=%dk,nr_inodes=%d,mode=0755,nosuid".formatted(SIZE_KIB, Disk.MOST_FILES),
                "boxcar",
                folder.toString());
        for (Path place : List.of(tmp(), shm())) {
            Files.createDirectory(place);
            Files.setAttribute(place, "unix:mode", FOR_ANYBODY);
        }
    }

    /** Whether a stage left a file of so many bytes or more. */
    boolean hasFileOf(long bytes) throws IOException {
        return Trees.hasFileOf(tmp(), bytes, Instant.EPOCH)
                || Trees.hasFileOf(shm(), bytes, Instant.EPOCH);
    }

    /** Removes what a stage left. */
    void empty() throws IOException {
        Trees.empty(tmp());
        Trees.empty(shm());
    }

    /** Unmounts it lazily, since a box that is ending may still have it in its mount namespace. */
    void unmount() throws IOException, Fault, InterruptedException {
        while (mounted()) {
            Tools.mustRun("umount", "--lazy", folder.toString());
        }
    }

    private boolean mounted() throws IOException {
        byte[] mounts = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
        return new String(mounts, StandardCharsets.UTF_8).contains(" " + folder + " ");
    }
}
