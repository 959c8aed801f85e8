package boxcar.engine;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Captured;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A sandbox that does with each stage what it was told last. */
public final class ScriptedSandbox implements Sandbox {
    private final AtomicInteger runs = new AtomicInteger();
    private final @Nullable Path disks;
    private volatile int boxes = 2;
    private volatile Act act = (_, _) -> ended(new Ending.Exited(0));

    /** One that lends no work directories. */
    public ScriptedSandbox() {
        this(null);
    }

    /** One that lends folders in this one as work directories. */
    public ScriptedSandbox(@Nullable Path disks) {
        this.disks = disks;
    }

    /** What it does with a stage. */
    @FunctionalInterface
    public interface Act {
        Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException;
    }

    /** How many boxes can be used. */
    public void boxes(int usable) {
        boxes = usable;
    }

    public void does(Act next) {
        act = next;
    }

    public void ends(Ending.How how) {
        act = (_, _) -> ended(how);
    }

    public void fails(String step) {
        act =
                (_, _) -> {
                    throw new Fault(step, Fault.Next.TRY_ELSEWHERE, "as told");
                };
    }

    /** Stages that came so far. */
    public int runs() {
        return runs.get();
    }

    public static Ending ended(Ending.How how) {
        Usage nothing = Usage.UNKNOWN;
        return new Ending(how, nothing, Captured.NOTHING, Captured.NOTHING, null, null);
    }

    @Override
    public Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        runs.incrementAndGet();
        return act.run(stage, cancellation);
    }

    @Override
    public Disk disk() throws Fault {
        Path folder = disks;
        if (folder == null) {
            throw new UnsupportedOperationException("no work directories here");
        }
        try {
            Path made = Files.createTempDirectory(folder, "disk");
            return new Disk() {
                @Override
                public Path path() {
                    return made;
                }

                @Override
                public void close() {
                    try {
                        Trees.delete(made);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };
        } catch (IOException e) {
            throw new Fault("disk", Fault.Next.RETRY_HERE, "cannot make a folder", e);
        }
    }

    @Override
    public Engine engine() {
        return new Engine("scripted", "1", "none", MemoryLimit.ADDRESS_SPACE);
    }

    @Override
    public Boxes boxes() {
        return new Boxes(boxes, 0, 0);
    }

    @Override
    public void close() {}
}
