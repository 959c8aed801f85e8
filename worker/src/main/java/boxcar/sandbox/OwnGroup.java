package boxcar.sandbox;

import boxcar.job.Fault;

/**
 * The control group in which an isolate without groups of its own is started, so that the memory
 * and CPU time of all processes of a stage are bounded and counted together, whoever their parent
 * is by now.
 *
 * @param cgroup the group; isolate itself is in it too
 * @param birthplace what starts processes in it
 */
record OwnGroup(Cgroup cgroup, Birthplace birthplace) implements AutoCloseable {
    /** All groups of boxes that we make lie in this one. */
    static final String PARENT = "boxcar";

    static OwnGroup make(Cgroups host, int box) throws Fault, InterruptedException {
        Cgroup cgroup = host.group(name(box));
        cgroup.make();
        return new OwnGroup(cgroup, Birthplace.in(cgroup, host, box));
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
