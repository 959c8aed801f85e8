package boxcar.files;

import java.io.IOException;
import java.nio.file.Path;
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
            var pending = new ArrayDeque<Deque<Name>>();
            pending.push(giveAllIn(folder));
            while (true) {
                @Nullable Name below = pending.element().poll();
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
    private Deque<Name> giveAllIn(Folder folder) throws IOException {
        folder.give(owner);
        var folders = new ArrayDeque<Name>();
        for (Folder.Entry entry : folder.entries()) {
            switch (entry.kind()) {
                case FOLDER -> folders.add(entry.name());
                case REGULAR -> {
                    try (OpenFile file = folder.read(entry.name())) {
                        file.give(owner);
                    }
                }
                case LINK -> {}
                case OTHER -> folder.deleteFile(entry.name());
            }
        }
        return folders;
    }
}
