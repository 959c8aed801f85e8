package boxcar.files;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Gives a tree to a user, one folder open at a time; it climbs back by {@code ..}, which nobody can
 * redirect while no process of the tree's former owner lives.
 */
final class TreeGiver {
    private final UserPrincipal user;
    private final GroupPrincipal group;

    private TreeGiver(UserPrincipal user, GroupPrincipal group) {
        this.user = user;
        this.group = group;
    }

    static void giveTo(Path root, int uid, int gid) throws IOException {
        var lookup = root.getFileSystem().getUserPrincipalLookupService();
        new TreeGiver(
                        lookup.lookupPrincipalByName(Integer.toString(uid)),
                        lookup.lookupPrincipalByGroupName(Integer.toString(gid)))
                .walk(root);
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

    private void give(PosixFileAttributeView view) throws IOException {
        PosixFileAttributes attributes = view.readAttributes();
        if (!attributes.owner().equals(user)) {
            view.setOwner(user);
        }
        if (!attributes.group().equals(group)) {
            view.setGroup(group);
        }
        // Java shows nine bits and sets all twelve: this clears set-uid, set-gid and sticky.
        view.setPermissions(attributes.permissions());
    }
}
