package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Bind;
import boxcar.job.Fault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * What one runc box keeps on the host: its bundle, runc's own state, and the FIFOs over which the
 * box's first process and the worker talk. It lies beside the lock of the number, so that the next
 * holder can end a container that a dead replica left. For one thread at a time.
 */
final class RuncFolder {
    private static final int ONLY_ROOT = 0700;

    private final Path folder;
    private final Scratch scratch;

    /** Where in the box something is bound. */
    private List<String> places = List.of();

    /** The bundle's config.json. */
    private String written = "";

    RuncFolder(Path locks, int box) {
        folder = locks.resolve(box + ".runc");
        scratch = new Scratch(folder.resolve("scratch"));
    }

    Scratch scratch() {
        return scratch;
    }

    Path bundle() {
        return folder.resolve("bundle");
    }

    /** An empty skeleton: runc makes the mount points in it. */
    Path root() {
        return folder.resolve("root");
    }

    /** runc's own state. */
    Path state() {
        return folder.resolve("state");
    }

    /** What the first process says. */
    Path up() {
        return folder.resolve("up");
    }

    /** What it hears. */
    Path down() {
        return folder.resolve("down");
    }

    void make() throws Fault, InterruptedException {
        try {
            remove();
            for (Path place : new Path[] {folder, bundle(), root(), state()}) {
                Files.createDirectories(place);
            }
            Files.setAttribute(root(), "unix:mode", 0755);
            scratch.make();
            Files.setAttribute(folder, "unix:mode", ONLY_ROOT);
            Tools.mustRun("mkfifo", "-m", "600", up().toString(), down().toString());
        } catch (IOException e) {
            throw Faults.box("cannot make " + folder, e);
        }
    }

    /**
     * Makes it ready for a stage: where something else was bound for the one before, nothing is
     * left. Places that both have stay, for the kernel takes its time to remove what something was
     * mounted on.
     */
    void prepare(List<Bind> binds) throws Fault {
        List<String> wanted = binds.stream().map(Bind::inside).sorted().toList();
        if (!wanted.equals(places)) {
            removePlaces();
            places = wanted;
        }
    }

    private void removePlaces() throws Fault {
        try {
            for (String inside : places) {
                Path place = Path.of(inside).getName(0);
                if (!Binds.isInEveryBox(place) && Files.exists(root().resolve(place))) {
                    Trees.delete(root().resolve(place));
                }
            }
        } catch (IOException e) {
            throw Faults.box("cannot empty " + root(), e);
        }
    }

    void write(RuncBundle bundle) throws Fault {
        String json = bundle.json();
        if (json.equals(written)) {
            return;
        }
        written = "";
        try {
            overwrite(bundle().resolve("config.json"), json.getBytes(StandardCharsets.UTF_8));
            written = json;
        } catch (IOException e) {
            throw Faults.box("cannot write the bundle " + bundle(), e);
        }
    }

    /**
     * Never emptied first: ext4 writes such a file to its disk at once, when it is closed. By no
     * channel, which an interrupt of the thread would close.
     */
    private static void overwrite(Path place, byte[] content) throws IOException {
        try (var file = new RandomAccessFile(place.toFile(), "rw")) {
            file.write(content);
            file.setLength(content.length);
        }
    }

    /** Removes what a stage left. */
    void empty() throws Fault {
        try {
            scratch.empty();
        } catch (IOException e) {
            throw Faults.box("cannot empty " + scratch.folder(), e);
        }
    }

    void remove() throws Fault, InterruptedException {
        try {
            scratch.unmount();
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                Trees.delete(folder);
            }
        } catch (IOException e) {
            throw Faults.box("cannot remove " + folder, e);
        }
    }
}
