package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The control group of one stage, v1 or v2. Figures count from {@link #begin}. */
final class Cgroup {
    private static final int KIB = 1024;
    private static final long NANOS_PER_MICRO = 1000;

    private final boolean first;
    private final boolean present;
    private final Path memory;
    private final Path cpu;
    private final Path pids;
    private long memoryBase;
    private long cpuBase;
    private long oomBase;

    Cgroup(Cgroups host, String name) {
        first = host.version().equals("v1");
        present = host.present();
        memory = host.memory().resolve(name);
        cpu = host.cpu().resolve(name);
        pids = host.pids().resolve(name);
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
            long already = number(pids.resolve("pids.current"));
            write(pids.resolve("pids.max"), Long.toString(already + processes));
            memoryBase = number(memory.resolve(first ? "memory.usage_in_bytes" : "memory.current"));
            long limit = Math.addExact(memoryBase, Math.multiplyExact(memoryKib, (long) KIB));
            if (first) {
                write(memory.resolve("memory.limit_in_bytes"), Long.toString(limit));
                writeIfThere(memory.resolve("memory.memsw.limit_in_bytes"), Long.toString(limit));
                write(memory.resolve("memory.max_usage_in_bytes"), "0");
            } else {
                write(memory.resolve("memory.max"), Long.toString(limit));
                writeIfThere(memory.resolve("memory.swap.max"), "0");
            }
            oomBase = oom();
            cpuBase = cpu();
        } catch (IOException | ArithmeticException e) {
            throw Faults.sandbox("cannot set the limits of " + memory, e);
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
        return first
                ? number(cpu.resolve("cpuacct.usage"))
                : keyed(cpu.resolve("cpu.stat"), "usage_usec") * NANOS_PER_MICRO;
    }

    /**
     * Peak of all processes together; null where the kernel has no such counter. Kernels with v2
     * cannot set it to zero for everybody, so there it holds runc's start too.
     */
    @Nullable Long memoryPeakKib() throws Fault {
        Path file = memory.resolve(first ? "memory.max_usage_in_bytes" : "memory.peak");
        try {
            return present && Files.exists(file)
                    ? Math.max(0, number(file) - memoryBase) / KIB
                    : null;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the memory of " + memory, e);
        }
    }

    boolean oomKilled() throws Fault {
        try {
            return present && oom() > oomBase;
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the out-of-memory kills of " + memory, e);
        }
    }

    private long oom() throws IOException {
        return keyed(memory.resolve(first ? "memory.oom_control" : "memory.events"), "oom_kill");
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(text(file).strip());
    }

    private static long keyed(Path file, String key) throws IOException {
        for (String line : text(file).lines().toList()) {
            if (line.startsWith(key + " ")) {
                return Long.parseLong(line.substring(key.length() + 1));
            }
        }
        throw new IOException(file + " has no " + key);
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
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
