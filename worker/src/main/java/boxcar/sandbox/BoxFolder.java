package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.process.StreamFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * The /dev, /tmp, /dev/shm and standard streams of one isolate box: a bounded tmpfs of its own on
 * the host, bound into the box and emptied after each stage.
 *
 * <p>isolate's own ways leave holes: a {@code tmp} folder is on the host's disk without a cap for
 * the sum of its files, a {@code fs} mount takes half of the host's memory, 1.x shows the host's
 * /dev and shares /dev/shm between boxes. It lies beside the lock of the number, so that the next
 * holder finds it whoever that is.
 */
final class BoxFolder {
    private record Node(String name, int major, int minor) {}

    private static final List<Node> NODES =
            List.of(
                    new Node("null", 1, 3),
                    new Node("zero", 1, 5),
                    new Node("full", 1, 7),
                    new Node("random", 1, 8),
                    new Node("urandom", 1, 9),
                    new Node("tty", 5, 0));

    private final Path folder;
    private final Scratch scratch;

    BoxFolder(Path locks, int box) {
        folder = locks.resolve(box + ".box");
        scratch = new Scratch(folder);
    }

    Scratch scratch() {
        return scratch;
    }

    Path dev() {
        return folder.resolve("dev");
    }

    /** A folder that holds nothing, bound over what no program is to see. */
    Path emptyFolder() {
        return folder.resolve("empty");
    }

    /** Likewise, over files. */
    Path emptyFile() {
        return folder.resolve("nothing");
    }

    /** Where only root gets; a program has them as its standard streams and may open those. */
    StreamFiles streams() {
        return new StreamFiles(io().resolve("in"), io().resolve("out"), io().resolve("err"));
    }

    private Path io() {
        return folder.resolve("io");
    }

    /** Makes it anew. */
    void make() throws Fault, InterruptedException {
        remove();
        try {
            scratch.make();
            for (Path place : List.of(dev(), dev().resolve("shm"))) {
                Files.createDirectory(place);
                Files.setAttribute(place, "unix:mode", 0755);
            }
            Files.createDirectory(emptyFolder());
            Files.setAttribute(emptyFolder(), "unix:mode", 0555);
            Files.createFile(emptyFile());
            Files.setAttribute(emptyFile(), "unix:mode", 0444);
            fillDev();
            makeStreams();
        } catch (IOException e) {
            throw Faults.box("cannot make " + folder, e);
        }
    }

    /** Of root, so that a program cannot change them, but for anybody to open who holds them. */
    private void makeStreams() throws IOException, Fault, InterruptedException {
        Files.createDirectory(io());
        Files.setAttribute(io(), "unix:mode", 0700);
        StreamFiles files = streams();
        Files.createFile(files.in());
        Files.setAttribute(files.in(), "unix:mode", 0444);
        Tools.mustRun("mkfifo", "-m", "666", files.out().toString(), files.err().toString());
    }

    private void fillDev() throws IOException, Fault, InterruptedException {
        for (Node node : NODES) {
            Path path = dev().resolve(node.name());
            Tools.mustRun(
                    "mknod",
                    "-m",
                    "666",
                    path.toString(),
                    "c",
                    Integer.toString(node.major()),
                    Integer.toString(node.minor()));
        }
        Files.createSymbolicLink(dev().resolve("fd"), Path.of("/proc/self/fd"));
        Files.createSymbolicLink(dev().resolve("stdin"), Path.of("/proc/self/fd/0"));
        Files.createSymbolicLink(dev().resolve("stdout"), Path.of("/proc/self/fd/1"));
        Files.createSymbolicLink(dev().resolve("stderr"), Path.of("/proc/self/fd/2"));
    }

    /** Removes what a stage left. */
    void empty() throws Fault {
        try {
            scratch.empty();
            Path in = streams().in();
            if (Files.size(in) > 0) {
                Files.write(in, new byte[0]);
            }
        } catch (IOException e) {
            throw Faults.box("cannot empty " + folder, e);
        }
    }

    void remove() throws Fault, InterruptedException {
        try {
            scratch.unmount();
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Trees.delete(folder);
            }
        } catch (IOException e) {
            throw Faults.box("cannot remove " + folder, e);
        }
    }
}
