package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Disk;
import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lends bounded folders: each is on a tmpfs of its own, mounted when more are wanted than there
 * are, and used again. The kernel keeps the bound at every write, also for files that have no name
 * any more, which nobody who watches from outside can promise.
 *
 * <p>They lie beside the lock of a box number that this replica holds, so that the next holder
 * finds what a dead replica left. A job never sees the root of a tmpfs, but a folder in it that is
 * made for it: what can be written on a folder itself does not pass from job to job. Safe for many
 * threads.
 */
final class Disks {
    private static final Logger LOG = LoggerFactory.getLogger(Disks.class);

    private final Path folder;
    private final long sizeKib;
    private final Deque<Path> free = new ArrayDeque<>();
    private int made;
    private boolean closed;

    Disks(Path locks, int box, long sizeKib) {
        this.folder = folder(locks, box);
        this.sizeKib = sizeKib;
    }

    /** What goes with the disks, besides them, may lie in it. */
    static Path folder(Path locks, int box) {
        return locks.resolve(box + ".disks");
    }

    /** Unmounts and removes what an earlier holder of a number left. */
    static void sweep(Path locks, int box) throws Fault, InterruptedException {
        Path folder = folder(locks, box);
        try {
            for (Path mount : mounts(folder)) {
                Tools.mustRun("umount", "--lazy", mount.toString());
            }
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Trees.delete(folder);
            }
        } catch (IOException e) {
            throw Faults.box("cannot remove " + folder, e);
        }
    }

    private static List<Path> mounts(Path folder) throws IOException {
        String mounts =
                new String(
                        Files.readAllBytes(Path.of("/proc/self/mountinfo")),
                        StandardCharsets.ISO_8859_1);
        return mounts.lines()
                .map(line -> Path.of(line.split(" ", 6)[4]))
                .filter(mount -> mount.startsWith(folder))
                .toList();
    }

    Disk lend() throws Fault, InterruptedException {
        Path disk = take();
        try {
            return new Lent(disk, Files.createDirectory(disk.resolve("box")));
        } catch (IOException e) {
            giveUp(disk);
            throw Faults.box("cannot make a work directory", e);
        }
    }

    private Path take() throws Fault, InterruptedException {
        Path disk;
        synchronized (this) {
            if (closed) {
                throw Faults.box("the sandbox is closed");
            }
            Path ready = free.pollLast();
            if (ready != null) {
                return ready;
            }
            disk = folder.resolve(Integer.toString(made++));
        }
        try {
            Files.createDirectories(disk);
        } catch (IOException e) {
            throw Faults.box("cannot make " + disk, e);
        }
        Tools.mustRun(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=%dk,nr_inodes=%d,mode=0755,nosuid,nodev".formatted(sizeKib, Disk.MOST_FILES),
                "boxcar",
                disk.toString());
        return disk;
    }

    private void giveBack(Path disk, Path path) {
        try {
            Trees.delete(path);
        } catch (IOException e) {
            LOG.warn("{} cannot be emptied and is given up: {}", path, e.toString());
            giveUp(disk);
            return;
        }
        synchronized (this) {
            if (!closed) {
                free.addLast(disk);
                return;
            }
        }
        giveUp(disk);
    }

    private static void giveUp(Path disk) {
        boolean interrupted = Thread.interrupted();
        try {
            Tools.mustRun("umount", "--lazy", disk.toString());
            Files.deleteIfExists(disk);
        } catch (Fault | IOException e) {
            LOG.warn("{} stays until its number is claimed again: {}", disk, e.toString());
        } catch (InterruptedException _) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lends no more, and removes what is not lent; a folder that is goes when it comes back. */
    void close() {
        List<Path> unused;
        synchronized (this) {
            closed = true;
            unused = List.copyOf(free);
            free.clear();
        }
        unused.forEach(Disks::giveUp);
        try {
            Files.deleteIfExists(folder);
        } catch (IOException _) {
            // One is still lent; the next holder of the number removes it.
        }
    }

    private final class Lent implements Disk {
        private final Path disk;
        private final Path path;

        Lent(Path disk, Path path) {
            this.disk = disk;
            this.path = path;
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public void close() {
            giveBack(disk, path);
        }
    }
}
