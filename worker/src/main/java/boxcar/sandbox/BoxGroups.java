package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Limits;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The control groups of one box: a new one for each stage, all below {@code boxcar/box-N}.
 *
 * <p>One group is always ready for the next stage, with the limits of the last one. A thread of the
 * box makes it while a stage runs, and removes it when the stage has ended, so that no stage waits
 * for either. For one stage at a time.
 */
final class BoxGroups implements AutoCloseable {
    /** All groups of boxes that we make lie in this one. */
    static final String PARENT = "boxcar";

    private final Cgroups host;
    private final String name;
    private final AtomicLong made = new AtomicLong();
    private final ExecutorService thread;

    /** What cannot be removed as long as a process is on its way out; of the thread alone. */
    private final List<Cgroup> ended = new ArrayList<>();

    private Cgroup.Bounds likely = Cgroup.Bounds.NONE;
    private Future<Cgroup> next;

    private BoxGroups(Cgroups host, int box) throws IOException {
        this.host = host;
        this.name = name(box);
        host.makeParent(name);
        this.thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofVirtual().name("control-groups-" + box).factory());
        this.next = prepare();
    }

    /** For a box that has been swept. */
    static BoxGroups open(Cgroups host, int box) throws Fault {
        try {
            return new BoxGroups(host, box);
        } catch (IOException e) {
            throw Faults.box("cannot make the control groups of box " + box, e);
        }
    }

    static String name(int box) {
        return PARENT + "/box-" + box;
    }

    /** A group that nobody has been in, with these limits. */
    Cgroup take(Limits limits) throws Fault, InterruptedException {
        Cgroup group;
        try {
            group = next.get();
        } catch (ExecutionException e) {
            likely = Cgroup.Bounds.NONE;
            next = prepare();
            throw Faults.box("cannot make a control group in " + name, e);
        }
        likely = Cgroup.Bounds.of(limits);
        next = prepare();
        try {
            group.bound(likely);
        } catch (IOException | ArithmeticException e) {
            giveBack(group);
            throw Faults.sandbox("cannot set the limits of " + name, e);
        }
        return group;
    }

    /** It is removed now, or after a later stage if a process is still on its way out. */
    void giveBack(Cgroup group) {
        thread.execute(() -> remove(group));
    }

    /** On the thread of the box alone. */
    private void remove(Cgroup group) {
        group.close();
        ended.add(group);
        ended.removeIf(BoxGroups::isRemoved);
    }

    private static boolean isRemoved(Cgroup group) {
        try {
            group.remove();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private Future<Cgroup> prepare() {
        Cgroup.Bounds bounds = likely;
        Callable<Cgroup> make =
                () -> {
                    Cgroup group = Cgroup.make(host, name + "/" + made.incrementAndGet());
                    boolean well = false;
                    try {
                        group.bound(bounds);
                        well = true;
                        return group;
                    } finally {
                        if (!well) {
                            remove(group);
                        }
                    }
                };
        return thread.submit(make);
    }

    /** Closes what is open. The groups are for {@link Cgroups#sweep} to remove. */
    @Override
    public void close() {
        thread.close();
        if (next.state() == Future.State.SUCCESS) {
            next.resultNow().close();
        }
    }
}
