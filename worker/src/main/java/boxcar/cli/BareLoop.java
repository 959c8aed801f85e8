package boxcar.cli;

import boxcar.config.Config;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the engine's own commands can do without us: as many shells as there are boxes, each going
 * round the commands of one job. For isolate that is init, run, cleanup for each stage; for runc it
 * is run.
 *
 * <p>Its files are in memory, as the worker's work directories are. A shell that is told to stop
 * ends its round first, so that no box stays behind.
 */
final class BareLoop implements AutoCloseable {
    private static final String LOOP =
            """
            trap 'rounds=0' TERM
            rounds=$1
            while [ $rounds -gt 0 ]; do
            @ROUND@
            rounds=$((rounds - 1))
            done
            """;

    private final Path folder;
    private final List<Shell> shells = new ArrayList<>();
    private final List<Process> running = new ArrayList<>();

    /** One shell, and the lock of the box number that it uses. */
    private record Shell(int box, FileChannel lock, Path folder) {}

    private BareLoop(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes the shells ready.
     *
     * @param count shells at once
     */
    static BareLoop of(BenchStand stand, EngineCalls calls, int count) throws Exception {
        BareLoop loop = new BareLoop(Files.createTempDirectory(stand.folder(), "bare-"));
        boolean made = false;
        try {
            Mounts.memory(loop.folder);
            Config config = stand.config();
            int box = config.boxes().last();
            while (loop.shells.size() < count && box >= config.boxes().first()) {
                loop.claim(config.boxes().locks(), box--);
            }
            if (loop.shells.size() < count) {
                throw new IOException("fewer than " + count + " box numbers are free");
            }
            for (Shell shell : loop.shells) {
                String round = new BareRound(calls, shell.box, shell.folder, config).lines();
                Files.writeString(shell.folder.resolve("loop"), LOOP.replace("@ROUND@", round));
            }
            made = true;
            return loop;
        } finally {
            if (!made) {
                loop.close();
            }
        }
    }

    private void claim(Path locks, int box) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        locks.resolve(Integer.toString(box)),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
        } else {
            Path own = Files.createDirectory(folder.resolve(Integer.toString(box)));
            shells.add(new Shell(box, channel, own));
        }
    }

    /**
     * Goes round.
     *
     * @return jobs a second
     */
    double run(int jobs) throws IOException, InterruptedException {
        int each = Math.max(1, jobs / shells.size());
        long start = System.nanoTime();
        for (Shell shell : shells) {
            running.add(
                    new ProcessBuilder(
                                    "/bin/sh",
                                    shell.folder.resolve("loop").toString(),
                                    Integer.toString(each))
                            .redirectErrorStream(true)
                            .redirectOutput(shell.folder.resolve("log").toFile())
                            .start());
        }
        boolean well = true;
        for (Process process : running) {
            well &= process.waitFor() == 0;
        }
        running.clear();
        long took = System.nanoTime() - start;
        if (!well) {
            throw new IOException(
                    "the bare loop failed: "
                            + Files.readString(shells.getFirst().folder.resolve("log")));
        }
        return each * shells.size() * 1e9 / took;
    }

    @Override
    public void close() throws IOException {
        Peace.keep(() -> {
            running.forEach(Process::destroy);
            running.forEach(BareLoop::awaitEnd);
            for (Shell shell : shells) {
                shell.lock.close();
            }
            Mounts.remove(folder);
        });
    }

    private static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
