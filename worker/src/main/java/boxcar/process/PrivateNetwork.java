package boxcar.process;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace with nothing but a loopback interface (network_namespaces(7)), in which one
 * thread starts processes. It is made once and used again for as long as nobody used it: a process
 * that sends anything, even what the kernel refuses, leaves a trace in the counters, and the next
 * process gets a new namespace. Sockets end with the processes that hold them, which must be gone
 * before the next is started.
 *
 * <p>For one thread of the system, which is in it only during {@link #within}. Needs CAP_SYS_ADMIN.
 */
public final class PrivateNetwork implements AutoCloseable {
    private static final Path NAMESPACE = Path.of("/proc/thread-self/ns/net");
    private static final Path FIGURES = Path.of("/proc/thread-self/net");

    /**
     * Traffic of the interfaces, all that protocols count, refusals too; and labels, which stay.
     */
    private static final List<String> COUNTERS =
            List.of("dev", "snmp", "snmp6", "netstat", "ip6_flowlabel");

    private static final int FLAGS_AT = 16;
    private static final int REQUEST = 40;
    private static final short UP_AND_RUNNING = 0x41;

    private final int home;
    private int own = Libc.NONE;
    private @Nullable String unused;

    /** For the thread that calls; where it is now is its home. */
    public PrivateNetwork() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            home = Libc.open(arena, NAMESPACE.toString(), Libc.READ_ONLY);
        }
    }

    /**
     * Starts a process in it.
     *
     * @throws IOException as the call does, or if the namespace cannot be made or entered
     */
    public int within(OsProcess.Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            enter(arena);
            try {
                return call.run();
            } finally {
                Libc.enterNetwork(arena, home);
            }
        }
    }

    private void enter(Arena arena) throws IOException {
        if (own != Libc.NONE) {
            Libc.enterNetwork(arena, own);
            if (counters().equals(unused)) {
                return;
            }
        }
        forget(arena);
        Libc.leaveNetwork(arena);
        bringUp(arena);
        own = Libc.open(arena, NAMESPACE.toString(), Libc.READ_ONLY);
        unused = counters();
    }

    private static String counters() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : COUNTERS) {
            Path file = FIGURES.resolve(name);
            if (Files.exists(file)) {
                all.append(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII));
            }
        }
        return all.toString();
    }

    /** The loopback interface (netdevice(7)). */
    private static void bringUp(Arena arena) throws IOException {
        MemorySegment request = arena.allocate(REQUEST, Long.BYTES);
        request.setString(0, "lo");
        request.set(JAVA_SHORT, FLAGS_AT, UP_AND_RUNNING);
        Libc.setInterfaceFlags(arena, request);
    }

    private void forget(Arena arena) {
        if (own != Libc.NONE) {
            Libc.close(Libc.state(arena), own);
            own = Libc.NONE;
        }
    }

    @Override
    public void close() {
        try (Arena arena = Arena.ofConfined()) {
            forget(arena);
            Libc.close(Libc.state(arena), home);
        }
    }
}
