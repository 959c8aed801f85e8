package boxcar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a worker needs of root, and nothing else: the launcher gives the rest up before it starts
 * Java, for a process of many threads cannot (capabilities(7): they are a thread's own).
 */
enum Capability {
    CHOWN(0, "work directories cannot be given to the users of boxes"),
    DAC_OVERRIDE(1, "what users of boxes left cannot be read and deleted"),
    FOWNER(3, "modes of what users of boxes left cannot be changed"),
    KILL(5, "programs that are over time cannot be stopped, nor survivors of a dead replica"),
    SETGID(6, "no box can have a group of its own"),
    SETUID(7, "no box can have a user of its own"),
    SETPCAP(
            8,
            "boxes of runc keep a bounding set, and the rest of root's rights cannot be given up"),
    NET_ADMIN(12, "no box can have a network with nothing but a loopback"),
    SYS_CHROOT(18, "no box can have a root of its own"),
    SYS_ADMIN(21, "no namespaces, no mounts: no boxes"),
    SYS_RESOURCE(24, "limits above the worker's own cannot be set"),
    MKNOD(27, "no box can have devices");

    private static final Path STATUS = Path.of("/proc/self/status");

    private final int number;
    private final String without;

    Capability(int number, String without) {
        this.number = number;
        this.without = without;
    }

    /** Whether no worker can do without it; one without the others does less, or less well. */
    boolean isVital() {
        return this != SYS_RESOURCE && this != SETPCAP;
    }

    /** What happens where it is missing. */
    String without() {
        return without;
    }

    private long bit() {
        return 1L << number;
    }

    /** All of them as the kernel writes a set. */
    static long all() {
        return Arrays.stream(values()).mapToLong(Capability::bit).reduce(0, (a, b) -> a | b);
    }

    /** The sets of a process: those it has, and those that anything it starts may ever have. */
    record Held(long effective, long bounding) {
        /**
         * This process's own.
         *
         * @throws IOException on anything but Linux
         */
        static Held ours() throws IOException {
            return of(Files.readAllLines(STATUS));
        }

        /**
         * @param status the lines of {@code /proc/<pid>/status}
         */
        static Held of(List<String> status) throws IOException {
            return new Held(set(status, "CapEff:"), set(status, "CapBnd:"));
        }

        private static long set(List<String> status, String name) throws IOException {
            return status.stream()
                    .filter(line -> line.startsWith(name))
                    .findFirst()
                    .map(line -> Long.parseUnsignedLong(line.substring(name.length()).strip(), 16))
                    .orElseThrow(() -> new IOException(STATUS + " has no " + name));
        }

        /** What isolate, which is set-user-ID, or we ourselves lack. */
        Set<Capability> missing() {
            return Arrays.stream(values())
                    .filter(one -> (effective & bounding & one.bit()) == 0)
                    .collect(Collectors.toCollection(() -> EnumSet.noneOf(Capability.class)));
        }

        /** How many are held that nobody needs. */
        int needless() {
            return Long.bitCount(bounding & ~all());
        }
    }
}
