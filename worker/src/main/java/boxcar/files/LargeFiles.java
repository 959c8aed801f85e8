package boxcar.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a regular file in a tree of any depth, with one folder open at a time. It climbs back
 * by {@code ..}, which nobody can redirect while no process of the tree's owner lives.
 */
final class LargeFiles {
    private final Predicate<Status> wanted;

    private LargeFiles(Predicate<Status> wanted) {
        this.wanted = wanted;
    }

    static boolean isThere(Path root, Predicate<Status> wanted) throws IOException {
        return new LargeFiles(wanted).walk(root);
    }

    private boolean walk(Path root) throws IOException {
        Folder folder = Folder.open(root);
        try {
            var pending = new ArrayDeque<Deque<Name>>();
            while (true) {
                var folders = new ArrayDeque<Name>();
                if (isIn(folder, folders)) {
                    return true;
                }
                pending.push(folders);
                @Nullable Name below = pending.element().poll();
                while (below == null) {
                    pending.pop();
                    if (pending.isEmpty()) {
                        return false;
                    }
                    folder = moved(folder, folder.up());
                    below = pending.element().poll();
                }
                folder = moved(folder, folder.enter(below));
            }
        } finally {
            folder.close();
        }
    }

    private static Folder moved(Folder from, Folder to) {
        from.close();
        return to;
    }

    /**
     * @param folders gets the names of the folders in this one
     */
    private boolean isIn(Folder folder, Deque<Name> folders) throws IOException {
        for (Folder.Entry entry : folder.entries()) {
            switch (entry.kind()) {
                case FOLDER -> folders.add(entry.name());
                case REGULAR -> {
                    if (wanted.test(folder.status(entry.name()))) {
                        return true;
                    }
                }
                case LINK, OTHER -> {}
            }
        }
        return false;
    }
}
