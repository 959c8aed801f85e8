package boxcar.intake;

import static boxcar.job.Rejection.Code.CONFLICT;
import static boxcar.job.Rejection.Code.GIVEN_TWICE;

import boxcar.job.Disk;
import boxcar.job.Rejection;
import java.util.HashMap;
import java.util.Map;

/**
 * The files that a job puts into its work directory. Refuses a path that could leave it, that is
 * written in a second way ({@code ./a}, {@code a//b}), that is there already, that needs a folder
 * where a file is, or that is one too many.
 *
 * <p>Only sees the job's own text; links that a program plants later are the engine's to refuse.
 */
final class PathTree {
    private static final int PATH_BYTES = 1024;
    private static final int PART_BYTES = 255;
    private static final int DEEPEST = 64;
    private static final String BOUND =
            "must be a relative path of 1 to 1024 bytes and at most 64 parts of at most 255 bytes,"
                    + " without '.', '..', empty parts and NUL";

    /** Half of what a work directory holds: the other half is the program's. */
    static final int MOST = Disk.MOST_FILES / 2;

    private final Node root = new Node();
    private int count;

    /** A file or a folder. */
    private static final class Node {
        private final Map<String, Node> children = new HashMap<>();
        private boolean isFile;
    }

    /** Checks one path by itself. */
    static String path(String field, String path) throws Refusal {
        parts(field, path);
        return path;
    }

    private static String[] parts(String field, String path) throws Refusal {
        String[] parts = path.length() > PATH_BYTES ? new String[0] : path.split("/", -1);
        boolean fine = parts.length >= 1 && parts.length <= DEEPEST;
        fine = fine && Utf8.length(path) <= PATH_BYTES && path.indexOf('\0') < 0;
        for (String part : parts) {
            fine = fine && isPart(part);
        }
        if (!fine) {
            throw Refusal.of(field, path, BOUND);
        }
        return parts;
    }

    private static boolean isPart(String part) {
        return !part.isEmpty()
                && !part.equals(".")
                && !part.equals("..")
                && Utf8.length(part) <= PART_BYTES;
    }

    void addFile(String field, String path) throws Refusal {
        String[] parts = parts(field, path);
        Node folder = descend(field, path, parts, parts.length - 1);
        Node file = new Node();
        file.isFile = true;
        Node there = folder.children.putIfAbsent(parts[parts.length - 1], file);
        if (there != null) {
            throw there.isFile
                    ? Refusal.naming(GIVEN_TWICE, field, path, "must not be given twice")
                    : Refusal.naming(
                            CONFLICT,
                            field,
                            path,
                            "must not be a file, because other files of the job are below it");
        }
        countOneMore(field, path);
    }

    private void countOneMore(String field, String path) throws Refusal {
        count++;
        if (count > MOST) {
            String unit = "files and folders";
            throw new Refusal(
                    new Rejection(
                            Rejection.Code.ABOVE_MAXIMUM,
                            field,
                            path,
                            "must be among the first %d %s of the job".formatted(MOST, unit),
                            Rejection.Range.upTo(MOST, unit),
                            "A job must have at most %d %s, but %s '%s' is one more"
                                    .formatted(MOST, unit, field, path)));
        }
    }

    void addFolder(String field, String path) throws Refusal {
        String[] parts = parts(field, path);
        descend(field, path, parts, parts.length);
    }

    private Node descend(String field, String path, String[] parts, int count) throws Refusal {
        Node node = root;
        for (int i = 0; i < count; i++) {
            Node below = node.children.get(parts[i]);
            if (below == null) {
                below = new Node();
                node.children.put(parts[i], below);
                countOneMore(field, path);
            }
            node = below;
            if (node.isFile) {
                throw Refusal.naming(
                        CONFLICT, field, path, "must not be below another file of the job");
            }
        }
        return node;
    }
}
