package boxcar.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The door of this room: writing, reading, copying and deleting trees that hostile programs may
 * have filled. Safe for many threads, as long as each works on a tree of its own.
 */
public final class Trees {
    static final Set<PosixFilePermission> PLAIN = PosixFilePermissions.fromString("rw-r--r--");
    static final Set<PosixFilePermission> EXECUTABLE = PosixFilePermissions.fromString("rwxr-xr-x");

    private Trees() {}

    /**
     * Writes a file with mode 0644, or 0755 if it is executable, and the folders above it with
     * 0755. A regular file that is there already is replaced, not written into.
     *
     * @param relative a path of plain names below the root
     * @throws IOException also if a link or anything else that is no folder stands in the way, or
     *     the path leaves the root
     */
    public static void write(Path root, String relative, byte[] content, boolean executable)
            throws IOException {
        Path path = inside(relative);
        Folder folder = Folder.open(root);
        try {
            Path made = root;
            for (int i = 0; i < path.getNameCount() - 1; i++) {
                made = made.resolve(path.getName(i));
                Folder below = enterOrMake(folder, made);
                folder.close();
                folder = below;
            }
            writeInto(folder, path.getFileName(), content, executable ? EXECUTABLE : PLAIN);
        } finally {
            folder.close();
        }
    }

    private static Folder enterOrMake(Folder folder, Path path) throws IOException {
        Path name = path.getFileName();
        try {
            return folder.enter(name);
        } catch (NoSuchFileException _) {
            // Java has no mkdirat(2). Each part above was just opened without following a link.
            Files.createDirectory(path);
            folder.permit(name, EXECUTABLE);
            return folder.enter(name);
        }
    }

    private static void writeInto(
            Folder folder, Path name, byte[] content, Set<PosixFilePermission> mode)
            throws IOException {
        try {
            if (!folder.attributes(name).isRegularFile()) {
                throw new IOException(name + " is there already and is no regular file");
            }
            folder.deleteFile(name);
        } catch (NoSuchFileException _) {
            // The usual case.
        }
        try (var channel = folder.create(name)) {
            var bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        folder.permit(name, mode);
    }

    /**
     * Looks for a regular file without following a link at any part of the path.
     *
     * @param relative as for {@link #write}
     */
    public static Found read(Path root, String relative, long maxBytes) throws IOException {
        Path path = inside(relative);
        Folder folder = Folder.open(root);
        try {
            for (int i = 0; i < path.getNameCount() - 1; i++) {
                Folder below = folder.enter(path.getName(i));
                folder.close();
                folder = below;
            }
            return readFrom(folder, path.getFileName(), maxBytes);
        } catch (NoSuchFileException _) {
            return new Found.Absent();
        } catch (NotDirectoryException _) {
            return new Found.NotRegular();
        } finally {
            folder.close();
        }
    }

    private static Found readFrom(Folder folder, Path name, long maxBytes) throws IOException {
        PosixFileAttributes attributes = folder.attributes(name);
        if (!attributes.isRegularFile()) {
            return new Found.NotRegular();
        }
        if (attributes.size() > Math.min(maxBytes, Integer.MAX_VALUE - 8)) {
            return new Found.TooLarge(attributes.size());
        }
        try (var channel = folder.read(name)) {
            var buffer = ByteBuffer.allocate((int) attributes.size());
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {}
            byte[] bytes = new byte[buffer.flip().remaining()];
            buffer.get(bytes);
            return new Found.Content(bytes);
        }
    }

    /** Deletes the tree, whatever is in it; nothing there is fine. */
    public static void delete(Path root) throws IOException {
        TreeDeleter.delete(root);
    }

    /** Deletes all that is in a folder, and leaves the folder. */
    public static void empty(Path root) throws IOException {
        TreeDeleter.empty(root);
    }

    /**
     * Copies folders, regular files with their x bits, and links as links; special files are left
     * out, and so are links whose path is longer than the system can name.
     *
     * @param to is made; must not exist
     */
    public static void copy(Path from, Path to) throws IOException {
        TreeCopier.copy(from, to);
    }

    /**
     * Likewise, into a folder that is there and empty.
     *
     * @param stopped asked before each file and folder
     * @return false if it was stopped before all was copied
     */
    public static boolean copyInto(Path from, Path to, BooleanSupplier stopped) throws IOException {
        return TreeCopier.copyInto(from, to, stopped);
    }

    /** Whether the file system has no room left there, for bytes or for one more file. */
    public static boolean isFull(Path folder) {
        try (var probe = Folder.open(folder)) {
            Path name = Path.of("." + UUID.randomUUID());
            probe.create(name).close();
            probe.deleteFile(name);
            return Files.getFileStore(folder).getUsableSpace() == 0;
        } catch (IOException _) {
            return true;
        }
    }

    /**
     * Makes the tree belong to a user: removes FIFOs, sockets and devices, clears set-uid and
     * set-gid bits, gives every folder and regular file to the user. Links are left as they are.
     */
    public static void giveTo(Path root, Owner owner) throws IOException {
        TreeGiver.giveTo(root, owner);
    }

    private static Path inside(String relative) throws IOException {
        Path path;
        try {
            path = Path.of(relative);
        } catch (InvalidPathException e) {
            throw new IOException("'" + relative + "' is no path on this host", e);
        }
        if (path.isAbsolute() || relative.isEmpty()) {
            throw new IOException("'" + relative + "' is not below the root");
        }
        for (Path part : path) {
            if (part.toString().equals("..") || part.toString().equals(".")) {
                throw new IOException("'" + relative + "' leaves the root");
            }
        }
        return path;
    }
}
