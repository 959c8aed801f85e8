package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Stage;
import java.io.IOException;
import java.time.Instant;

/**
 * Looks whether a program that failed could not write. Many programs are not killed when they meet
 * a limit of files (setrlimit(2), EFBIG; ENOSPC). They are told so, and end with an error of their
 * own. Then their work directory is full, or one of their files is as large as may be.
 */
final class RoomCheck {
    private static final long KIB = 1024;

    private RoomCheck() {}

    /**
     * @param begun files of the work directory that are older are of an earlier stage
     * @param scratch of the stage alone; not emptied yet
     * @return the ending, with what was seen
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
