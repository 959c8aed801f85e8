package boxcar.files;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Deletes a tree of any depth with two descriptors: each folder found is first moved up to the
 * root, so that nothing is ever more than two levels deep. A path of 4,000 folders cannot be named
 * (PATH_MAX) nor held open level by level.
 */
final class TreeDeleter {
    private final Path root;
    private String prefix = "";
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
                for (Folder.Entry entry : top.entries()) {
                    remove(top, entry);
                }
            }
        } while (moved > before);
    }

    private void remove(Folder top, Folder.Entry entry) throws IOException {
        if (entry.kind() != Status.Kind.FOLDER) {
            top.deleteFile(entry.name());
            return;
        }
        permit(top, entry.name());
        try (Folder folder = top.enter(entry.name())) {
            for (Folder.Entry child : folder.entries()) {
                if (child.kind() == Status.Kind.FOLDER) {
                    permit(folder, child.name());
                    folder.moveTo(child.name(), top, newName());
                } else {
                    folder.deleteFile(child.name());
                }
            }
        }
        top.deleteFolder(entry.name());
    }

    /** One that nothing in the tree has. */
    private Name newName() {
        if (moved == 0) {
            prefix = "." + UUID.randomUUID() + "-";
        }
        return Name.plain(prefix + moved++);
    }

    /** For a worker that is not root: a folder of its own without r, w or x cannot be emptied. */
    private static void permit(Folder folder, Name name) throws IOException {
        if (!folder.status(name).isOpenToOwner()) {
            try {
                folder.permit(name, Trees.EXECUTABLE);
            } catch (FileSystemException _) {
                // Then what follows says so, if it matters: root needs no permission.
            }
        }
    }
}
