package boxcar.job;

import java.time.Duration;

/**
 * What one stage may use, with every default filled in. There is no "unlimited": 0 is refused,
 * because isolate(1) reads it as "no limit".
 *
 * @param wallTime clock on the wall, at least a millisecond
 * @param cpuTime CPU of all processes together, at least a millisecond
 * @param extraTime how long a stage may run over {@code cpuTime} before it is killed; may be zero
 * @param memoryKib memory of all processes together (of each one's address space on a host whose
 *     engine has no memory cgroup)
 * @param maxFileSizeKib what one file may grow to
 * @param maxOpenFiles files that one process may hold open
 * @param maxProcesses processes and threads alive at once
 * @param maxOutputKib what may be printed on stdout, and as much on stderr
 */
public record Limits(
        Duration wallTime,
        Duration cpuTime,
        Duration extraTime,
        long memoryKib,
        long maxFileSizeKib,
        int maxOpenFiles,
        int maxProcesses,
        long maxOutputKib) {
    /**
     * What an installation may print whose limits were written before there was a limit for that.
     */
    public static final long FORMER_OUTPUT_KIB = 65_536;

    private static final long KIB = 1024;
    private static final Duration LEAST = Duration.ofMillis(1);

    public Limits {
        atLeast("wall_time", wallTime.compareTo(LEAST) >= 0);
        atLeast("cpu_time", cpuTime.compareTo(LEAST) >= 0);
        atLeast("extra_time", !extraTime.isNegative());
        atLeast("memory", memoryKib >= 1);
        atLeast("max_file_size", maxFileSizeKib >= 1);
        atLeast("max_open_files", maxOpenFiles >= 4);
        atLeast("max_number_of_processes", maxProcesses >= 1);
        atLeast("max_output", maxOutputKib >= 1);
    }

    /** What may be printed on stdout, and as much on stderr, in bytes. */
    public long maxOutputBytes() {
        return Math.min(maxOutputKib, Long.MAX_VALUE / KIB) * KIB;
    }

    private static void atLeast(String field, boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException(field + " is below its least value");
        }
    }
}
