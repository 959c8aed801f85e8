package boxcar.files;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Gives a tree to a user, one folder open at a time; it climbs back by {@code ..}, which nobody can
 * redirect while no process of the tree's former owner lives.
 */
final class TreeGiver {
    private final Owner owner;

    private TreeGiver(Owner owner) {
        this.owner = owner;
    }

    static void giveTo(Path root, Owner owner) throws IOException {
        new TreeGiver(owner).walk(root);
    }

    private void walk(Path root) throws IOException {
        Folder folder = Folder.open(root);
        try {
            var pending = new ArrayDeque<Deque<Path>>();
            pending.push(giveAllIn(folder));
            while (true) {
                @Nullable Path below = pending.element().poll();
                if (below == null) {
                    pending.pop();
                    if (pending.isEmpty()) {
                        return;
                    }
                }
                Folder next = below == null ? folder.up() : folder.enter(below);
                folder.close();
                folder = next;
                if (below != null) {
                    pending.push(giveAllIn(folder));
                }
            }
        } finally {
            folder.close();
        }
    }

    /**
     * @return the names of the folders in this one
     */
    private Deque<Path> giveAllIn(Folder folder) throws IOException {
        give(folder.view());
        var folders = new ArrayDeque<Path>();
        for (Path name : folder.names()) {
            PosixFileAttributes attributes = folder.attributes(name);
            if (attributes.isDirectory()) {
                folders.add(name);
            } else if (attributes.isRegularFile()) {
                give(folder.view(name));
            } else if (!attributes.isSymbolicLink()) {
                folder.deleteFile(name);
            }
        }
        return folders;
    }

    /** Whose it was is not asked: Java would look the names up, which is dearer than to set it. */
    private void give(PosixFileAttributeView view) throws IOException {
        PosixFileAttributes attributes = view.readAttributes();
        view.setOwner(owner.user());
        view.setGroup(owner.group());
        // Java shows nine bits and sets all twelve: this clears set-uid, set-gid and sticky.
        view.setPermissions(attributes.permissions());
    }
}
