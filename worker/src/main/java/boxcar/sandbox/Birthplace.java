package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A thread of the worker that lives in the control group of one box, and starts its processes:
 * whatever is started is born in the group of the thread that starts it.
 *
 * <p>Only version 1 has groups of threads. There this costs a stage next to nothing, while moving a
 * process takes 10 to 20 ms on an idle host, and leaves a moment in which it is in no group. The
 * memory of the thread itself is counted to the worker's first thread, not to the group.
 */
final class Birthplace implements OsProcess.Starter, AutoCloseable {
    private static final long ENDING_SECONDS = 5;
    private static final Path THREADS = Path.of("/proc/self/task");

    private final ExecutorService thread;
    private final List<Path> here;
    private final List<Path> home;

    private Birthplace(List<Path> here, List<Path> home, int box) {
        this.here = here;
        this.home = home;
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("birthplace-" + box).factory());
    }

    static Birthplace in(Cgroup group, Cgroups host, int box) throws Fault, InterruptedException {
        Birthplace place = null;
        boolean entered = false;
        try {
            place = new Birthplace(group.tasks(), host.homeTasks(), box);
            place.call(place::enter);
            entered = true;
            return place;
        } catch (IOException e) {
            throw Faults.box("cannot enter the control group of box " + box, e);
        } finally {
            if (!entered && place != null) {
                place.close();
            }
        }
    }

    private Boolean enter() throws IOException {
        for (Path tasks : here) {
            write(tasks, "0");
        }
        return true;
    }

    @Override
    public Process start(ProcessBuilder builder) throws IOException, InterruptedException {
        return call(() -> {
            Process process = OsProcess.spawn(builder);
            sendHomeOthers();
            return process;
        });
    }

    /** Java may have made a thread to await the process: it was born here as well. */
    private void sendHomeOthers() throws IOException {
        String me = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
        for (String tid : Files.readAllLines(here.getFirst())) {
            if (!tid.equals(me) && Files.exists(THREADS.resolve(tid))) {
                for (Path tasks : home) {
                    write(tasks, tid);
                }
            }
        }
    }

    private static void write(Path file, String value) throws IOException {
        Files.write(file, value.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
    }

    private <T> T call(Callable<T> what) throws IOException, InterruptedException {
        try {
            return thread.submit(what).get();
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> io;
                case null, default -> new IOException(e.getCause());
            };
        }
    }

    /** Leaves the group, so that it can be removed. */
    @Override
    public void close() {
        thread.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            thread.awaitTermination(ENDING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
