package boxcar.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.files.Owner;
import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Fault;
import boxcar.parts.BenchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What surrounds a run in a box. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class BoxBench {
    private static final String META =
            "csw-voluntary:4\ncsw-forced:1\nexitcode:0\nmax-rss:3584\ntime:0.002\ntime-wall:0.004\n";
    private static final byte[] SOURCE = "echo hello\n".getBytes(UTF_8);
    private static final int NOBODY = 65534;

    private final BoxPool pool = new BoxPool(List.of(0, 1));
    private final Cancellation cancellation = new Cancellation();
    private Path folder;
    private SandboxSettings settings;
    private Disks disks;
    private Owner owner;

    @Setup
    public void open() throws IOException {
        owner = new Owner(NOBODY, NOBODY);
        folder = BenchFolder.make();
        settings =
                new SandboxSettings(
                        SandboxSettings.Choice.ISOLATE,
                        "isolate",
                        "runc",
                        0,
                        9,
                        1,
                        Files.createDirectory(folder.resolve("locks")));
        disks = new Disks(folder.resolve("locks"), 0, 64 << 10);
    }

    @TearDown
    public void close() throws IOException {
        disks.close();
        Trees.delete(folder);
    }

    @Benchmark
    public Object metaParse() {
        return MetaFile.parse(META).wallTime();
    }

    /** As at a replica's start: the operating system's lock on a number. */
    @Benchmark
    public void claimBox() throws Fault {
        Claims.take(settings).close();
    }

    /** As for each stage: a number that the replica holds already. */
    @Benchmark
    public void lendBox() throws Fault, InterruptedException {
        Integer box = pool.lend(cancellation);
        if (box != null) {
            pool.giveBack(box);
        }
    }

    /** Lent, filled with a source, given to a box's user, emptied. */
    @Benchmark
    public void workDirectory() throws Fault, IOException, InterruptedException {
        try (Disk disk = disks.lend()) {
            Trees.write(disk.path(), "main.sh", SOURCE, false);
            Trees.giveTo(disk.path(), owner);
        }
    }
}
