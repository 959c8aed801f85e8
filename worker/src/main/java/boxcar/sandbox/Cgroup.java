package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control group of one box, v1 or v2. With v2 a container has a group of its own below, which
 * runc makes and removes; the figures of this one outlive it. Figures count from {@link #begin}.
 */
final class Cgroup implements AutoCloseable {
    private static final int KIB = 1024;
    private static final long NANOS_PER_MICRO = 1000;
    private static final long MIB = 1 << 20;

    /** What a stage left in the group, in bytes, that is worth a closer look. */
    private static final long WORTHWHILE = 4 << 20;

    /** The kernel takes memory for a group in advance, so many bytes at a time and processor. */
    private static final long BATCH = 256 << 10;

    /**
     * Version 1 counts what lies in TCP buffers by itself, and only in a group that has this limit.
     */
    private static final String TCP = "memory.kmem.tcp.limit_in_bytes";

    /** Name of the container's group below this one, with v2. */
    static final String CONTAINER = "c";

    private final boolean first;
    private final boolean present;
    private final Path memory;
    private final Path cpu;
    private final Path pids;
    private final Figure tasks;
    private final Figure held;
    private final Figure stat;
    private final Figure peak;
    private final Figure kills;
    private final Figure refusals;
    private final Figure containerKills;
    private final Figure cpuTime;
    private long memoryBase;
    private long cpuBase;
    private long refusedBase;
    private long killedBase;
    private long limited;
    private long processesAtMost;

    Cgroup(Cgroups host, String name) {
        first = host.version().equals("v1");
        present = host.present();
        memory = host.memory().resolve(name);
        cpu = host.cpu().resolve(name);
        pids = host.pids().resolve(name);
        tasks = Figure.of(pids.resolve("pids.current"));
        held = Figure.of(memory.resolve(first ? "memory.usage_in_bytes" : "memory.current"));
        stat = Figure.of(memory.resolve("memory.stat"));
        String events = first ? "memory.oom_control" : "memory.events";
        kills = Figure.of(memory.resolve(events));
        containerKills = Figure.of(memory.resolve(CONTAINER).resolve(events));
        refusals = Figure.of(memory.resolve(first ? "memory.failcnt" : "memory.events"));
        peak =
                first
                        ? Figure.resettable(memory.resolve("memory.max_usage_in_bytes"))
                        : Figure.of(memory.resolve("memory.peak"));
        cpuTime = Figure.of(cpu.resolve(first ? "cpuacct.usage" : "cpu.stat"));
    }

    /** Makes the group where it is absent, and lifts the limits of the stage before. */
    void make() throws Fault {
        if (!present) {
            return;
        }
        try {
            close();
            for (Path path : new Path[] {memory, cpu, pids}) {
                Files.createDirectories(path);
            }
            writeIfThere(pids.resolve("pids.max"), "max");
            processesAtMost = 0;
            lift();
        } catch (IOException e) {
            throw Faults.box("cannot make the control group " + memory, e);
        }
    }

    /** The threads in the group, one file for each controller; version 1 (cgroups(7), "tasks"). */
    List<Path> tasks() {
        return List.of(memory.resolve("tasks"), cpu.resolve("tasks"), pids.resolve("tasks"));
    }

    /**
     * Sets limits and takes the figures so far as the zero: what runc and our first process use is
     * not the program's.
     *
     * @param processes how many there may be beside those that are there already
     */
    void begin(long memoryKib, int processes) throws Fault {
        if (!present) {
            return;
        }
        try {
            long already = tasks.number();
            limitProcesses(already + processes);
            limitBeyondWhatIsKept(Math.multiplyExact(memoryKib, (long) KIB));
            memoryBase = usage();
            refusedBase = refused();
            killedBase = killed();
            cpuBase = cpu();
        } catch (IOException | ArithmeticException e) {
            throw Faults.sandbox("cannot set the limits of " + memory, e);
        }
    }

    private void limitProcesses(long most) throws IOException {
        if (most != processesAtMost) {
            processesAtMost = 0;
            write(pids.resolve("pids.max"), Long.toString(most));
            processesAtMost = most;
        }
    }

    /** CPU time of all processes since the beginning, in nanoseconds; null without a group. */
    @Nullable Long cpuNanos() throws Fault {
        try {
            return present ? cpu() - cpuBase : null;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the CPU time of " + cpu, e);
        }
    }

    private long cpu() throws IOException {
        return first ? cpuTime.number() : cpuTime.keyed("usage_usec") * NANOS_PER_MICRO;
    }

    /**
     * Peak of all processes together; null where the kernel has no such counter. It may be a few
     * hundred KiB short, as caches of the start are given up while the program runs. Kernels with
     * v2 cannot set it to zero for everybody, so there it holds runc's start too.
     */
    @Nullable Long memoryPeakKib() throws Fault {
        try {
            return present && peak.exists() ? Math.max(0, peak.number() - memoryBase) / KIB : null;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the memory of " + memory, e);
        }
    }

    /**
     * Whether the kernel killed a process for memory since the beginning; with v2 only while there
     * is a container.
     */
    boolean oomKilled() throws Fault {
        try {
            return present
                    && (first ? killed() > killedBase : containerKills.keyed("oom_kill") > 0);
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the out-of-memory kills of " + memory, e);
        }
    }

    private void limitBeyondWhatIsKept(long bytes) throws IOException {
        long before = usage();
        try {
            limitTo(Math.addExact(kept(before), bytes));
        } catch (IOException _) {
            // Busy: cached files that are still being written cannot be given up at once.
            limitTo(Math.addExact(before, bytes));
        }
    }

    private void limitTo(long bytes) throws IOException {
        if (bytes != limited) {
            limited = 0;
            lift();
            write(
                    memory.resolve(first ? "memory.limit_in_bytes" : "memory.max"),
                    Long.toString(bytes));
            if (first) {
                writeIfThere(memory.resolve("memory.memsw.limit_in_bytes"), Long.toString(bytes));
                writeIfThere(memory.resolve(TCP), Long.toString(bytes));
            } else {
                writeIfThere(memory.resolve("memory.swap.max"), "0");
            }
            limited = bytes;
        }
        if (first) {
            peak.reset();
        }
    }

    /** Version 1 refuses a limit above the old one of memory and swap together. */
    private void lift() throws IOException {
        if (first) {
            writeIfThere(memory.resolve("memory.memsw.limit_in_bytes"), "-1");
            writeIfThere(memory.resolve("memory.limit_in_bytes"), "-1");
        } else {
            writeIfThere(memory.resolve("memory.max"), "max");
            writeIfThere(memory.resolve("memory.swap.max"), "max");
        }
    }

    /**
     * What the group holds and cannot give up, in bytes. Cached files of earlier stages it can, and
     * does when the program wants their room; were they not left out, the program could have that
     * room and its own. Nobody throws them away before that: they are the host's /usr as well.
     */
    private long kept(long bytes) throws IOException {
        if (bytes < WORTHWHILE) {
            return roundUp(bytes);
        }
        String all = first ? "total_" : "";
        long cached = stat.keyed(all + "inactive_file") + stat.keyed(all + "active_file");
        return roundUp(Math.max(0, bytes - cached));
    }

    /** To a MiB, so that the limit of like stages is mostly the same and need not be written. */
    private static long roundUp(long bytes) {
        return (bytes + MIB - 1) / MIB * MIB;
    }

    private long usage() throws IOException {
        return held.number();
    }

    private long killed() throws IOException {
        return kills.keyed("oom_kill");
    }

    /**
     * Whether memory ran out; can be asked when the container is gone. Not every kernel of version
     * 1 counts what it refuses (6.18 does not), but the peak is at the limit then.
     */
    boolean memoryRanOut() throws Fault {
        try {
            return present
                    && (refused() > refusedBase
                            || (first && limited > 0 && peak.number() > limited - BATCH));
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the memory of " + memory, e);
        }
    }

    private long refused() throws IOException {
        return first ? refusals.number() : refusals.keyed("oom_kill");
    }

    /** Closes the files of its figures; the group itself stays. */
    @Override
    public void close() {
        for (Figure figure :
                List.of(tasks, held, stat, peak, kills, refusals, containerKills, cpuTime)) {
            figure.close();
        }
    }

    private static void write(Path file, String value) throws IOException {
        Files.write(file, value.getBytes(StandardCharsets.US_ASCII), StandardOpenOption.WRITE);
    }

    private static void writeIfThere(Path file, String value) throws IOException {
        if (Files.exists(file)) {
            write(file, value);
        }
    }
}
