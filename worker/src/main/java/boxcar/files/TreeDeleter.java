package boxcar.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * Deletes a tree of any depth with two descriptors: each folder found is first moved up to the
 * root, so that nothing is ever more than two levels deep. A path of 4,000 folders cannot be named
 * (PATH_MAX) nor held open level by level.
 */
final class TreeDeleter {
    private static final Set<PosixFilePermission> OWNERS =
            PosixFilePermissions.fromString("rwx------");

    private final Path root;
    private final String prefix = "." + UUID.randomUUID();
    private long moved;

    private TreeDeleter(Path root) {
        this.root = root;
    }

    static void delete(Path root) throws IOException {
        try {
            empty(root);
        } catch (NoSuchFileException _) {
            return;
        } catch (NotDirectoryException _) {
            // A file or a link is deleted as such.
        }
        Files.deleteIfExists(root);
    }

    static void empty(Path root) throws IOException {
        new TreeDeleter(root).empty();
    }

    private void empty() throws IOException {
        long before;
        do {
            before = moved;
            try (Folder top = Folder.open(root)) {
                for (Path name : top.names()) {
                    remove(top, name);
                }
            }
        } while (moved > before);
    }

    private void remove(Folder top, Path name) throws IOException {
        if (!top.attributes(name).isDirectory()) {
            top.deleteFile(name);
            return;
        }
        try (Folder folder = open(top, name)) {
            for (Path child : folder.names()) {
                if (folder.attributes(child).isDirectory()) {
                    permit(folder, child);
                    folder.moveTo(child, top, Path.of(prefix + moved++));
                } else {
                    folder.deleteFile(child);
                }
            }
        }
        top.deleteFolder(name);
    }

    private static Folder open(Folder top, Path name) throws IOException {
        permit(top, name);
        return top.enter(name);
    }

    /** For a worker that is not root: a folder of its own without r, w or x cannot be emptied. */
    private static void permit(Folder folder, Path name) throws IOException {
        if (!folder.attributes(name).permissions().containsAll(OWNERS)) {
            try {
                folder.permit(name, Trees.EXECUTABLE);
            } catch (AccessDeniedException _) {
                // Then what follows says so, if it matters: root needs no permission.
            }
        }
    }
}
