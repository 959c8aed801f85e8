package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.process.OpenFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The control group of one stage, v1 or v2. It is made empty, the stage's program joins it, and it
 * is removed when all processes of the stage are dead. Nobody else is ever in it. So its limits are
 * the stage's limits, and its figures are the stage's own: nothing is subtracted.
 */
final class Cgroup implements AutoCloseable {
    private static final int KIB = 1024;
    private static final long NANOS_PER_MICRO = 1000;

    /**
     * The kernel charges a group so many bytes at a time, and keeps what is over for the processor
     * (MEMCG_CHARGE_BATCH, 64 pages). What it keeps for another processor it takes back too late on
     * a busy host: it kills first. Without room for that, 2 of 150 programs of 13,000,000 bytes
     * were killed under 13,000 kB.
     */
    private static final long KEPT_BY_KERNEL = 64 * 4096;

    /** That room is never more than this part of the limit. */
    private static final long PART = 50;

    /**
     * Version 1 counts what lies in TCP buffers by itself, and only in a group that has this limit.
     */
    private static final String TCP = "memory.kmem.tcp.limit_in_bytes";

    private final boolean first;
    private final Path memory;
    private final Path cpu;
    private final Path pids;
    private final Figure peak;
    private final Figure kills;
    private final Figure refusals;
    private final Figure cpuTime;
    private final List<OpenFile> doors = new ArrayList<>();
    private Bounds bounds = Bounds.NONE;

    private Cgroup(Cgroups host, String name) {
        first = host.version().equals("v1");
        memory = host.memory().resolve(name);
        cpu = host.cpu().resolve(name);
        pids = host.pids().resolve(name);
        peak = new Figure(memory.resolve(first ? "memory.max_usage_in_bytes" : "memory.peak"));
        kills = new Figure(memory.resolve(first ? "memory.oom_control" : "memory.events"));
        refusals = new Figure(pids.resolve("pids.events"));
        cpuTime = new Figure(cpu.resolve(first ? "cpuacct.usage" : "cpu.stat"));
    }

    /**
     * What a stage may use.
     *
     * @param memoryBytes of all its processes together
     * @param processes and threads, alive at once
     */
    record Bounds(long memoryBytes, long processes) {
        static final Bounds NONE = new Bounds(Long.MAX_VALUE, Long.MAX_VALUE);

        /** What the kernel is told: the limit, and what it keeps in advance. */
        long toldToKernel() {
            long room = Math.min(KEPT_BY_KERNEL, memoryBytes / PART);
            return memoryBytes > Long.MAX_VALUE - room ? memoryBytes : memoryBytes + room;
        }

        static Bounds of(Limits limits) {
            return new Bounds(
                    Math.multiplyExact(limits.memoryKib(), (long) KIB), limits.maxProcesses());
        }
    }

    /** Makes it, below a parent that is there, and opens its files. */
    static Cgroup make(Cgroups host, String name) throws IOException {
        Cgroup group = new Cgroup(host, name);
        boolean well = false;
        try {
            for (Path folder : group.folders()) {
                Files.createDirectory(folder);
            }
            for (Path door : group.doorPaths()) {
                group.doors.add(OpenFile.toWrite(door));
            }
            for (Figure figure : group.figures()) {
                figure.open();
            }
            well = true;
            return group;
        } finally {
            if (!well) {
                group.close();
            }
        }
    }

    private Set<Path> folders() {
        return new LinkedHashSet<>(List.of(memory, pids, cpu));
    }

    /** CPU time is the last: a group that has used some was joined in full. */
    private List<Path> doorPaths() {
        String file = first ? "tasks" : "cgroup.procs";
        return folders().stream().map(folder -> folder.resolve(file)).toList();
    }

    private List<Figure> figures() {
        return List.of(peak, kills, refusals, cpuTime);
    }

    /** Open files; a process that writes "0" into each of them has joined. */
    List<OpenFile> doors() {
        return doors;
    }

    /** Sets the limits; for a group that nobody is in. */
    void bound(Bounds wanted) throws IOException {
        if (wanted.processes() != bounds.processes()) {
            write(pids.resolve("pids.max"), wanted.processes());
        }
        if (wanted.memoryBytes() != bounds.memoryBytes()) {
            limitMemory(wanted.toldToKernel(), wanted.memoryBytes() > bounds.memoryBytes());
        }
        bounds = wanted;
    }

    /** Version 1 refuses a limit of memory above the one of memory and swap together. */
    private void limitMemory(long bytes, boolean more) throws IOException {
        if (first) {
            Path memoryAndSwap = memory.resolve("memory.memsw.limit_in_bytes");
            if (more) {
                writeIfThere(memoryAndSwap, bytes);
            }
            write(memory.resolve("memory.limit_in_bytes"), bytes);
            if (!more) {
                writeIfThere(memoryAndSwap, bytes);
            }
            writeIfThere(memory.resolve(TCP), bytes);
        } else {
            write(memory.resolve("memory.max"), bytes);
            writeIfThere(memory.resolve("memory.swap.max"), 0);
        }
    }

    /** CPU time of all processes, in nanoseconds; 0 until the program has joined. */
    long cpuNanos() throws Fault {
        try {
            return first ? cpuTime.number() : cpuTime.keyed("usage_usec") * NANOS_PER_MICRO;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the CPU time of " + cpu, e);
        }
    }

    /**
     * Peak of all processes together, at most the limit; null where the kernel has no such counter.
     */
    @Nullable Long memoryPeakKib() throws Fault {
        try {
            return peak.exists() ? Math.min(peak.number(), bounds.memoryBytes()) / KIB : null;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the memory of " + memory, e);
        }
    }

    /** Whether the kernel killed a process for memory. */
    boolean oomKilled() throws Fault {
        try {
            return kills.keyed("oom_kill") > 0;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the out-of-memory kills of " + memory, e);
        }
    }

    /** Whether a new process or thread was refused; null where the kernel does not count that. */
    @Nullable Boolean processRefused() throws Fault {
        try {
            return refusals.exists() ? refusals.keyed("max") > 0 : null;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the refused processes of " + pids, e);
        }
    }

    /** Closes its files; the group itself stays. */
    @Override
    public void close() {
        doors.forEach(OpenFile::close);
        doors.clear();
        figures().forEach(Figure::close);
    }

    /**
     * @throws IOException if a process is in it
     */
    void remove() throws IOException {
        for (Path folder : folders()) {
            Files.deleteIfExists(folder);
        }
    }

    private static void write(Path file, long value) throws IOException {
        Files.write(
                file,
                Long.toString(value).getBytes(StandardCharsets.US_ASCII),
                StandardOpenOption.WRITE);
    }

    private static void writeIfThere(Path file, long value) throws IOException {
        if (Files.exists(file)) {
            write(file, value);
        }
    }
}
