package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Stage;
import java.io.IOException;
import java.time.Instant;

/**
 * Finds out whether a program failed because it met a limit of files. Not every such program is
 * killed: a system call may return EFBIG (setrlimit(2)) or ENOSPC, and the program exits with an
 * error of its own. Then its work directory is full, or one of its files has the largest size.
 */
final class RoomCheck {
    private static final long KIB = 1024;

    private RoomCheck() {}

    /**
     * @param begun when the stage began; older files of the work directory are not its own
     * @param scratch what the stage left in /tmp and /dev/shm
     * @return the ending, marked as out of room if it was
     */
    static Ending look(Ending ending, Stage stage, Instant begun, Scratch scratch) throws Fault {
        boolean failed =
                switch (ending.how()) {
                    case Ending.Exited(int code) -> code != 0;
                    case Ending.Signalled _ -> true;
                    case Ending.CpuTimeout _,
                            Ending.WallTimeout _,
                            Ending.Flooded _,
                            Ending.Cancelled _ ->
                            false;
                };
        try {
            return failed && isOutOfRoom(stage, begun, scratch) ? ending.outOfRoom() : ending;
        } catch (IOException e) {
            throw Faults.box("cannot look at what a stage left", e);
        }
    }

    private static boolean isOutOfRoom(Stage stage, Instant begun, Scratch scratch)
            throws IOException {
        long most = stage.limits().maxFileSizeKib() * KIB;
        return Trees.isFull(stage.workDirectory())
                || Trees.hasFileOf(stage.workDirectory(), most, begun)
                || scratch.hasFileOf(most);
    }
}
