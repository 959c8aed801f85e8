package boxcar.files;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes FIFOs, sockets and devices from trees whose owners may still be at work in them. It goes
 * down by descriptor and never climbs by {@code ..}, which an owner could redirect.
 */
final class SpecialFiles {
    /** Each level holds a descriptor. What is deeper is shut instead. */
    private static final int DEEPEST = 100;

    private static final int SHUT = 0;

    private SpecialFiles() {}

    /**
     * @return the names of the top entries in which there was one
     */
    static List<String> removeFrom(Path folder, int trusted) throws IOException {
        List<String> found = new ArrayList<>();
        try (Folder top = Folder.open(folder)) {
            for (Folder.Entry entry : top.entries()) {
                try {
                    if (top.status(entry.name()).user() != trusted && remove(top, entry, DEEPEST)) {
                        found.add(entry.name().toString());
                    }
                } catch (NoSuchFileException | NotDirectoryException _) {
                    // Its owner removed or replaced it meanwhile.
                }
            }
        }
        return found;
    }

    private static boolean remove(Folder folder, Folder.Entry entry, int levels)
            throws IOException {
        return switch (entry.kind()) {
            case REGULAR, LINK -> false;
            case OTHER -> {
                folder.deleteFile(entry.name());
                yield true;
            }
            case FOLDER ->
                    levels == 0
                            ? shut(folder, entry.name())
                            : removeBelow(folder, entry.name(), levels - 1);
        };
    }

    private static boolean removeBelow(Folder folder, Name name, int levels) throws IOException {
        boolean found = false;
        try (Folder below = folder.enter(name)) {
            for (Folder.Entry entry : below.entries()) {
                try {
                    found |= remove(below, entry, levels);
                } catch (NoSuchFileException | NotDirectoryException _) {
                    // Likewise.
                }
            }
        }
        return found;
    }

    private static boolean shut(Folder folder, Name name) throws IOException {
        try (Folder below = folder.enter(name)) {
            below.permit(SHUT);
        }
        return true;
    }
}
