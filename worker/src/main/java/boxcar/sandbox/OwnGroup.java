package boxcar.sandbox;

import boxcar.job.Fault;

/**
 * The control group of a box that outlives its stages, so that the memory and CPU time of all
 * processes of a stage are bounded and counted together, whoever their parent is by now; and what
 * starts the box's processes.
 *
 * @param cgroup the group
 * @param birthplace what starts processes
 */
record OwnGroup(Cgroup cgroup, Birthplace birthplace) implements AutoCloseable {
    /** All groups of boxes that we make lie in this one. */
    static final String PARENT = "boxcar";

    /** What is started is in the group. */
    static OwnGroup inhabited(Cgroups host, int box) throws Fault, InterruptedException {
        Cgroup cgroup = host.group(name(box));
        cgroup.make();
        return new OwnGroup(cgroup, Birthplace.in(cgroup, host, box));
    }

    /** What is started joins the group by itself, or makes one within it. */
    static OwnGroup beside(Cgroups host, int box) throws Fault {
        Cgroup cgroup = host.group(name(box));
        cgroup.make();
        return new OwnGroup(cgroup, Birthplace.of(box));
    }

    static String name(int box) {
        return PARENT + "/box-" + box;
    }

    @Override
    public void close() {
        birthplace.close();
        cgroup.close();
    }
}
