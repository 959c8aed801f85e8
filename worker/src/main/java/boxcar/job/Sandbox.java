package boxcar.job;

/**
 * Runs commands in boxes. Every engine passes the same contract test.
 *
 * <p>A stage gets a new box: no process, file, shared memory or counter of an earlier stage is in
 * it. When {@link #run} returns, no process of the stage is alive and its box is free again or
 * being cleaned up out of others' way. Safe for many threads: a call waits until a box is free.
 */
public interface Sandbox extends AutoCloseable {
    /**
     * Runs one stage to its end.
     *
     * @throws Fault if the sandbox itself failed; never for what the program did
     * @throws InterruptedException if the caller was interrupted; the stage is stopped and reaped
     */
    Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException;

    /**
     * Lends a folder for the work directory of a job.
     *
     * @throws Fault if it cannot be made
     */
    Disk disk() throws Fault, InterruptedException;

    /** What this engine is and can do on this host. */
    Engine engine();

    /** Boxes that this replica holds, and how many of them run a stage now. */
    Boxes boxes();

    /** Kills what runs, cleans up, and gives the box numbers back. */
    @Override
    void close();

    /**
     * An engine on this host.
     *
     * @param name {@code isolate} or {@code runc}
     * @param version as it tells itself
     * @param cgroups {@code v1}, {@code v2}, or {@code none}
     * @param memory what the memory limit bounds
     */
    record Engine(String name, String version, String cgroups, MemoryLimit memory) {
        /** One line for people. */
        public String describe() {
            return name
                    + " "
                    + version
                    + ", cgroups "
                    + cgroups
                    + ", memory limited "
                    + switch (memory) {
                        case GROUP -> "for all processes of a stage together";
                        case ADDRESS_SPACE -> "only by the address space of each process";
                    };
        }
    }

    /** What a memory limit bounds. */
    enum MemoryLimit {
        GROUP,
        ADDRESS_SPACE
    }

    /**
     * How many boxes there are.
     *
     * @param total those that can be used
     * @param bad numbers that could not be, and were left at the start; and boxes that cannot be
     *     used now
     */
    record Boxes(int total, int busy, int bad) {}
}
