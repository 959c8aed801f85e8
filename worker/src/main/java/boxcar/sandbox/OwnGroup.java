package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.process.OpenFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The control group of a box that outlives its stages, so that the memory and CPU time of all
 * processes of a stage are bounded and counted together, whoever their parent is by now; and what
 * starts the box's processes.
 *
 * @param cgroup the group
 * @param birthplace what starts processes
 * @param doors its lists of threads, for a process that joins it by itself
 */
record OwnGroup(Cgroup cgroup, Birthplace birthplace, List<OpenFile> doors)
        implements AutoCloseable {
    /** All groups of boxes that we make lie in this one. */
    static final String PARENT = "boxcar";

    /** What is started is in the group. */
    static OwnGroup inhabited(Cgroups host, int box) throws Fault {
        Cgroup cgroup = host.group(name(box));
        cgroup.make();
        return new OwnGroup(
                cgroup, Birthplace.in(cgroup, host, box, ClosedCalls.ofIsolate()), List.of());
    }

    /** What is started joins the group by itself, or makes one within it. */
    static OwnGroup beside(Cgroups host, int box) throws Fault {
        Cgroup cgroup = host.group(name(box));
        cgroup.make();
        List<OpenFile> doors = host.ofThreads() ? doors(cgroup) : List.of();
        return new OwnGroup(cgroup, Birthplace.of(box, ClosedCalls.ofRunc()), doors);
    }

    private static List<OpenFile> doors(Cgroup cgroup) throws Fault {
        var doors = new ArrayList<OpenFile>();
        try {
            for (Path tasks : cgroup.tasks()) {
                doors.add(OpenFile.toWrite(tasks));
            }
            return List.copyOf(doors);
        } catch (IOException e) {
            doors.forEach(OpenFile::close);
            throw Faults.box("cannot open the threads of a control group", e);
        }
    }

    static String name(int box) {
        return PARENT + "/box-" + box;
    }

    @Override
    public void close() {
        birthplace.close();
        doors.forEach(OpenFile::close);
        cgroup.close();
    }
}
