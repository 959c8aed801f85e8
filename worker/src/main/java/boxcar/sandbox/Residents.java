package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The processes of a box, known by its user: real, effective, saved or of the file system. */
final class Residents {
    private static final Path PROC = Path.of("/proc");
    private static final int ROUNDS = 200;

    private Residents() {}

    /**
     * Kills until none is left.
     *
     * @throws Fault if some live on after all rounds
     */
    static void kill(int uid) throws Fault, InterruptedException {
        List<Long> found = List.of();
        for (int round = 0; round < ROUNDS; round++) {
            found = of(uid);
            if (found.isEmpty()) {
                return;
            }
            for (long pid : found) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
            // Killed processes need a moment to go; a fork bomb must not get one.
            if (round > 2) {
                Thread.sleep(10);
            }
        }
        throw Faults.box("processes of user %d cannot be killed: %s".formatted(uid, found));
    }

    /** Those alive. */
    static List<Long> of(int uid) throws Fault {
        var found = new ArrayList<Long>();
        try (var entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path entry : entries) {
                if (belongs(entry, uid)) {
                    found.add(Long.parseLong(entry.getFileName().toString()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw Faults.box("cannot list processes", e);
        }
        return found;
    }

    private static boolean belongs(Path entry, int uid) {
        String status;
        try {
            status =
                    new String(
                            Files.readAllBytes(entry.resolve("status")),
                            StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            // It is gone.
            return false;
        }
        return lives(status) && users(status).contains(uid);
    }

    /**
     * Whether something of the process runs, as its {@code /proc/<pid>/status} tells. A zombie
     * holds nothing and is its parent's affair; but a process whose first thread has ended looks
     * like one while its other threads live (pthread_exit(3)).
     */
    static boolean lives(String status) {
        boolean zombie = status.contains("\nState:\tZ");
        // 0 while it is being reaped.
        boolean alone = status.contains("\nThreads:\t1\n") || status.contains("\nThreads:\t0\n");
        return !(zombie && alone);
    }

    /** The users that a {@code /proc/<pid>/status} tells. */
    static List<Integer> users(String status) {
        int start = status.indexOf("\nUid:\t");
        if (start < 0) {
            return List.of();
        }
        String line = status.substring(start + 6, status.indexOf('\n', start + 1));
        // A user may be above 2³¹; ours are not.
        return Stream.of(line.split("\t", -1)).map(user -> (int) Long.parseLong(user)).toList();
    }
}
