package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The isolates that a killed replica left running: each goes on until its program ends, and keeps
 * its box from being used ("currently in use by another process"). Only for who holds the number.
 */
final class Supervisors {
    private static final int PATIENT_ROUNDS = 200;
    private static final int ROUNDS = 400;
    private static final int ROOT = 0;

    private Supervisors() {}

    /**
     * Asks those of a box to end, so that they end their programs too, and kills them in the end.
     *
     * @throws Fault if some live on
     */
    static void end(int box) throws Fault, InterruptedException {
        List<ProcessHandle> found = of(box);
        found.forEach(ProcessHandle::destroy);
        for (int round = 0; !found.isEmpty(); round++) {
            if (round > ROUNDS) {
                throw Faults.box("isolate of box %d cannot be killed: %s".formatted(box, found));
            }
            if (round > PATIENT_ROUNDS) {
                found.forEach(ProcessHandle::destroyForcibly);
            }
            Thread.sleep(10);
            found = of(box);
        }
    }

    private static List<ProcessHandle> of(int box) throws Fault {
        var found = new ArrayList<ProcessHandle>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                if (supervises(read(entry, "cmdline"), box)
                        && Residents.users(read(entry, "status")).contains(ROOT)) {
                    ProcessHandle.of(Long.parseLong(entry.getFileName().toString()))
                            .ifPresent(found::add);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw Faults.box("cannot list processes", e);
        }
        return found;
    }

    /** By its own arguments: those of the program, after {@code --}, are anybody's. */
    static boolean supervises(String command, int box) {
        int end = command.indexOf("\0--run\0--\0");
        return end >= 0 && command.substring(0, end + 1).contains("\0--box-id=" + box + "\0");
    }

    private static String read(Path entry, String file) {
        try {
            return new String(Files.readAllBytes(entry.resolve(file)), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            // It is gone.
            return "";
        }
    }
}
