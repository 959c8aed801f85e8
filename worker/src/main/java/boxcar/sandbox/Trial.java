package boxcar.sandbox;

import boxcar.files.Trees;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A first stage, with every limit, by which an engine shows that it works on this host. */
final class Trial {
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final Limits LIMITS =
            new Limits(LONGEST, LONGEST, Duration.ZERO, 65_536, 1024, 64, 8, 1);

    private Trial() {}

    /**
     * Runs it in a box that is ready.
     *
     * @param locks where the box has its folders
     * @throws Fault with the engine's own words if the program does not run to its end
     */
    static void run(BoxEngine engine, int box, Path locks) throws Fault, InterruptedException {
        Path work = locks.resolve(box + ".trial");
        try {
            Files.createDirectories(work);
            Ending ending = engine.run(box, stage(work), new Stop());
            if (!ending.how().equals(new Ending.Exited(0))) {
                throw Faults.sandbox(
                        "%s ran /bin/true in box %d, which ended with %s, and printed %s"
                                .formatted(
                                        engine.engine().name(),
                                        box,
                                        ending.how(),
                                        Faults.lastWords(ending.stderr().bytes())));
            }
        } catch (IOException e) {
            throw Faults.sandbox("cannot make " + work, e);
        } finally {
            remove(work);
        }
    }

    private static void remove(Path work) throws Fault {
        try {
            Trees.delete(work);
        } catch (IOException e) {
            throw Faults.box("cannot remove " + work, e);
        }
    }

    private static Stage stage(Path work) {
        return new Stage(
                StageKind.RUN,
                List.of("/bin/true"),
                Map.of(),
                work,
                List.of(),
                LIMITS,
                new byte[0],
                1,
                false,
                Stage.OutputListener.NONE);
    }
}
