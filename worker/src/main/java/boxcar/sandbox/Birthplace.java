package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.CallFilter;
import boxcar.process.OsProcess;
import boxcar.process.PrivateHostName;
import boxcar.process.PrivateNetwork;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A thread of the worker that starts the processes of one box: whatever is started is born in the
 * network namespace of the thread that starts it, and under its filter of system calls.
 */
final class Birthplace implements OsProcess.Starter, AutoCloseable {
    private final ExecutorService thread;

    /** Of the thread alone; made when it is first wanted. */
    private @Nullable PrivateNetwork network;

    private Birthplace(int box) {
        thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().daemon().name("birthplace-" + box).factory());
    }

    static Birthplace of(int box, CallFilter filter) throws Fault {
        Birthplace place = new Birthplace(box);
        boolean well = false;
        try {
            int _ =
                    place.start(() -> {
                        PrivateHostName.enter(BoxEtc.HOST_NAME);
                        filter.install();
                        return 0;
                    });
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

    @Override
    public void close() {
        try {
            int _ =
                    start(() -> {
                        if (network != null) {
                            network.close();
                        }
                        return 0;
                    });
        } catch (IOException _) {
            // The namespace goes with the thread, then.
        }
        thread.shutdownNow();
    }
}
