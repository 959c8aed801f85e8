package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.CallFilter;
import boxcar.process.OsProcess;
import boxcar.process.PrivateHostName;
import boxcar.process.PrivateNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A thread of the worker that starts the processes of one box: whatever is started is born in the
 * namespaces, and in the control group, of the thread that starts it, and under its filter of
 * system calls.
 *
 * <p>Only version 1 has groups of threads. There this costs a stage next to nothing, while moving a
 * process takes 10 to 20 ms on an idle host, and leaves a moment in which it is in no group. The
 * memory of the thread itself is counted to the worker's first thread, not to the group.
 */
final class Birthplace implements OsProcess.Starter, AutoCloseable {
    private static final byte[] ITSELF = {'0'};

    private final ExecutorService thread;
    private final List<Path> here;
    private final List<Path> home;

    /** Of the thread alone; made when it is first wanted. */
    private @Nullable PrivateNetwork network;

    private Birthplace(List<Path> here, List<Path> home, int box) {
        this.here = here;
        this.home = home;
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("birthplace-" + box).factory());
    }

    /** In no group of its own. */
    static Birthplace of(int box, CallFilter filter) throws Fault {
        return opened(new Birthplace(List.of(), List.of(), box), filter);
    }

    /** In the control group of its box. */
    static Birthplace in(Cgroup group, Cgroups host, int box, CallFilter filter) throws Fault {
        try {
            return opened(new Birthplace(group.tasks(), host.homeTasks(), box), filter);
        } catch (IOException e) {
            throw Faults.box("cannot read the control groups of this worker", e);
        }
    }

    private static Birthplace opened(Birthplace place, CallFilter filter) throws Fault {
        boolean well = false;
        try {
            place.asked(() -> {
                PrivateHostName.enter(BoxEtc.HOST_NAME);
                filter.install();
                return 0;
            });
            place.move(place.here);
            well = true;
            return place;
        } catch (IOException e) {
            throw Faults.box("cannot make the thread that starts the processes of a box", e);
        } finally {
            if (!well) {
                place.close();
            }
        }
    }

    private void move(List<Path> groups) throws IOException {
        asked(() -> {
            for (Path tasks : groups) {
                Files.write(tasks, ITSELF, StandardOpenOption.WRITE);
            }
            return 0;
        });
    }

    /**
     * Asks from a thread of the system: an answer to a virtual one may make a thread to carry that,
     * which would be born in the group.
     */
    private void asked(OsProcess.Call what) throws IOException {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        Thread.ofPlatform()
                .start(() -> {
                    try {
                        answer.complete(start(what));
                    } catch (IOException e) {
                        answer.completeExceptionally(e);
                    }
                });
        try {
            var _ = answer.join();
        } catch (CompletionException e) {
            throw new IOException(e.getCause());
        }
    }

    /**
     * Waits for the start whatever interrupts the caller, and keeps an interrupt for later: the
     * start goes on all the same, with descriptors that must not be closed, or another's, by then.
     */
    @Override
    public int start(OsProcess.Call call) throws IOException {
        Future<Integer> started = thread.submit(call::run);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return started.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> io;
                case null, default -> new IOException(e.getCause());
            };
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Starts a process in a network namespace in which it is alone. */
    int startApart(OsProcess.Call call) throws IOException {
        return start(() -> {
            PrivateNetwork mine = network;
            if (mine == null) {
                mine = new PrivateNetwork();
                network = mine;
            }
            return mine.within(call);
        });
    }

    /** Leaves the group, so that it can be removed. */
    @Override
    public void close() {
        try {
            asked(() -> {
                if (network != null) {
                    network.close();
                }
                return 0;
            });
            move(home);
        } catch (IOException _) {
            // It leaves by its end, then.
        }
        thread.shutdownNow();
    }
}
