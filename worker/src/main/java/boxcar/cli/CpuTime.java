package boxcar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a process has used of the CPUs so far; see proc(5).
 *
 * @param children of those that it has waited for, and theirs
 */
record CpuTime(Duration own, Duration children) {
    private static final int TICK_MILLIS = 10;

    static CpuTime of(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return new CpuTime(ticks(fields[11], fields[12]), ticks(fields[13], fields[14]));
    }

    private static Duration ticks(String user, String system) {
        return Duration.ofMillis((Long.parseLong(user) + Long.parseLong(system)) * TICK_MILLIS);
    }

    CpuTime since(CpuTime before) {
        return new CpuTime(own.minus(before.own), children.minus(before.children));
    }
}
