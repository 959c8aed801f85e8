package boxcar.files;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The door of this room: writing, reading, copying and deleting trees that hostile programs may
 * have filled. Safe for many threads, as long as each works on a tree of its own.
 */
public final class Trees {
    /** Modes, as all that is made here has. */
    static final int PLAIN = 0644;

    static final int EXECUTABLE = 0755;

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
        List<Name> path = inside(relative);
        Folder folder = Folder.open(root);
        try {
            for (Name name : path.subList(0, path.size() - 1)) {
                Folder below = enterOrMake(folder, name);
                folder.close();
                folder = below;
            }
            try (OpenFile file = createOrReplace(folder, path.getLast())) {
                file.write(content);
                file.permit(executable ? EXECUTABLE : PLAIN);
            }
        } finally {
            folder.close();
        }
    }

    private static Folder enterOrMake(Folder folder, Name name) throws IOException {
        try {
            return folder.enter(name);
        } catch (NoSuchFileException _) {
            return folder.make(name, EXECUTABLE);
        }
    }

    private static OpenFile createOrReplace(Folder folder, Name name) throws IOException {
        try {
            return folder.create(name);
        } catch (FileAlreadyExistsException _) {
            if (folder.status(name).kind() != Status.Kind.REGULAR) {
                throw new IOException(name + " is there already and is no regular file");
            }
            folder.deleteFile(name);
            return folder.create(name);
        }
    }

    /**
     * Looks for a regular file without following a link at any part of the path.
     *
     * @param relative as for {@link #write}
     */
    public static Found read(Path root, String relative, long maxBytes) throws IOException {
        List<Name> path = inside(relative);
        Folder folder = Folder.open(root);
        try {
            for (Name name : path.subList(0, path.size() - 1)) {
                Folder below = folder.enter(name);
                folder.close();
                folder = below;
            }
            return readFrom(folder, path.getLast(), maxBytes);
        } catch (NoSuchFileException _) {
            return new Found.Absent();
        } catch (NotDirectoryException _) {
            return new Found.NotRegular();
        } finally {
            folder.close();
        }
    }

    private static Found readFrom(Folder folder, Name name, long maxBytes) throws IOException {
        Status status = folder.status(name);
        if (status.kind() != Status.Kind.REGULAR) {
            return new Found.NotRegular();
        }
        if (status.size() > Math.min(maxBytes, Integer.MAX_VALUE - 8)) {
            return new Found.TooLarge(status.size());
        }
        try (OpenFile file = folder.read(name)) {
            return new Found.Content(file.read((int) status.size()), status.isExecutable());
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
     * out.
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

    /**
     * Whether the file system has no room left there, for bytes or for one more file.
     *
     * @throws IOException if that cannot be told
     */
    public static boolean isFull(Path folder) throws IOException {
        try (var probe = Folder.open(folder)) {
            Name name = Name.plain("." + UUID.randomUUID());
            probe.create(name).close();
            probe.deleteFile(name);
            return Files.getFileStore(folder).getUsableSpace() == 0;
        } catch (NoRoomException _) {
            return true;
        }
    }

    /**
     * Whether the tree has a regular file of so many bytes or more that was changed since then.
     * Holes count, links are not followed.
     */
    public static boolean hasFileOf(Path root, long bytes, Instant since) throws IOException {
        return LargeFiles.isThere(
                root, status -> status.size() >= bytes && !status.changed().isBefore(since));
    }

    /**
     * Makes the tree belong to a user: removes FIFOs, sockets and devices, clears set-uid and
     * set-gid bits, gives every folder and regular file to the user. Links are left as they are.
     */
    public static void giveTo(Path root, Owner owner) throws IOException {
        TreeGiver.giveTo(root, owner);
    }

    /**
     * Removes FIFOs, sockets and devices from a folder's trees, while their owners may be at work
     * in them. Folders more than 100 deep are shut to all but their owner.
     *
     * @param trusted trees of this user are passed over
     * @return the names of those in which there was one
     */
    public static List<String> removeSpecialFiles(Path folder, int trusted) throws IOException {
        return SpecialFiles.removeFrom(folder, trusted);
    }

    /**
     * @return the parts of the path, one at least
     */
    private static List<Name> inside(String relative) throws IOException {
        if (relative.isEmpty() || relative.startsWith("/")) {
            throw new IOException("'" + relative + "' is not below the root");
        }
        if (relative.indexOf('\0') >= 0) {
            throw new IOException("'" + relative + "' is no path on this host");
        }
        List<Name> names = new ArrayList<>();
        for (String part : relative.split("/", -1)) {
            if (part.equals("..") || part.equals(".")) {
                throw new IOException("'" + relative + "' leaves the root");
            }
            if (!part.isEmpty()) {
                names.add(name(part, relative));
            }
        }
        return names;
    }

    private static Name name(String part, String relative) throws IOException {
        try {
            return Name.of(part);
        } catch (CharacterCodingException e) {
            throw new IOException("'" + relative + "' is no path on this host", e);
        }
    }
}
