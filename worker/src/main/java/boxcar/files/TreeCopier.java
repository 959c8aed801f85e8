package boxcar.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies a tree of any depth with three open folders. Java has neither mkdirat(2) nor symlinkat(2):
 * folders and links are made in the new root and moved down to their place.
 */
final class TreeCopier implements AutoCloseable {
    /** Below PATH_MAX with room for a root: the longest path of a link that is copied. */
    private static final int NAMEABLE = 3_000;

    private static final int BUFFER = 1 << 16;

    private final Path from;
    private final Path to;
    private final Folder top;
    private final Path passing;
    private final BooleanSupplier stopped;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    private final ArrayDeque<Path> above = new ArrayDeque<>();
    private Folder source;
    private Folder target;

    private TreeCopier(Path from, Path to, BooleanSupplier stopped) throws IOException {
        this.stopped = stopped;
        this.from = from;
        this.to = to;
        top = Folder.open(to);
        top.view().setPermissions(Trees.EXECUTABLE);
        passing = Path.of("." + UUID.randomUUID());
        source = Folder.open(from);
        target = Folder.open(to);
    }

    static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        boolean _ = copyInto(from, to, () -> false);
    }

    static boolean copyInto(Path from, Path to, BooleanSupplier stopped) throws IOException {
        try (var copier = new TreeCopier(from, to, stopped)) {
            return copier.walk();
        }
    }

    private boolean walk() throws IOException {
        var pending = new ArrayDeque<Deque<Path>>();
        pending.push(copyAllHere());
        while (!stopped.getAsBoolean()) {
            @Nullable Path below = pending.element().poll();
            if (below != null) {
                enter(below);
                pending.push(copyAllHere());
                continue;
            }
            pending.pop();
            if (pending.isEmpty()) {
                return true;
            }
            leave();
        }
        return false;
    }

    private void enter(Path name) throws IOException {
        Files.createDirectory(to.resolve(passing));
        top.permit(passing, Trees.EXECUTABLE);
        top.moveTo(passing, target, name);
        go(source.enter(name), target.enter(name));
        above.addLast(name);
    }

    private void leave() throws IOException {
        go(source.up(), target.up());
        above.removeLast();
    }

    private void go(Folder nextSource, Folder nextTarget) throws IOException {
        source.close();
        target.close();
        source = nextSource;
        target = nextTarget;
    }

    /**
     * @return the names of the folders here
     */
    private Deque<Path> copyAllHere() throws IOException {
        var folders = new ArrayDeque<Path>();
        for (Path name : source.names()) {
            if (stopped.getAsBoolean()) {
                break;
            }
            PosixFileAttributes attributes = source.attributes(name);
            if (attributes.isDirectory()) {
                folders.add(name);
            } else if (attributes.isRegularFile()) {
                copyFile(name, attributes);
            } else if (attributes.isSymbolicLink()) {
                copyLink(name);
            }
        }
        return folders;
    }

    private void copyFile(Path name, PosixFileAttributes attributes) throws IOException {
        try (var in = source.read(name);
                var out = target.create(name)) {
            while (in.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    out.write(buffer);
                }
            }
        }
        boolean executable = attributes.permissions().contains(PosixFilePermission.OWNER_EXECUTE);
        target.permit(name, executable ? Trees.EXECUTABLE : Trees.PLAIN);
    }

    private void copyLink(Path name) throws IOException {
        Path link = from;
        int length = 0;
        for (Path part : above) {
            link = link.resolve(part);
            length += bytes(part);
        }
        if (length + bytes(name) <= NAMEABLE) {
            Path destination = Files.readSymbolicLink(link.resolve(name));
            Files.createSymbolicLink(to.resolve(passing), destination);
            top.moveTo(passing, target, name);
        }
    }

    /** Never too few: a byte that is no UTF-8 counts as the three of its replacement. */
    private static int bytes(Path name) {
        return name.toString().getBytes(StandardCharsets.UTF_8).length + 1;
    }

    @Override
    public void close() throws IOException {
        try (top) {
            go(top, top);
        }
    }
}
