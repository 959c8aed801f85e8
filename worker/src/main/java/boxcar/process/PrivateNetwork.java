package boxcar.process;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

    private static final int SIGKILL = 9;

    private final Path made;
    private final int home;
    private int own = Libc.NONE;

    /** Of our own namespace; there if that is. */
    @SuppressWarnings("NullAway.Init")
    private Counters counters;

    /** For the thread that calls; where it is now is its home. */
    public PrivateNetwork() throws IOException {
        this(NAMESPACE);
    }

    /**
     * As above.
     *
     * @param made where the kernel shows a namespace when the thread is in it
     */
    PrivateNetwork(Path made) throws IOException {
        this.made = made;
        try (Arena arena = Arena.ofConfined()) {
            home = Libc.open(arena, NAMESPACE.toString(), Libc.READ_ONLY);
        }
    }

    /**
     * Starts a process in it.
     *
     * @throws IOException as the call does, or if the namespace cannot be made or entered; the
     *     thread is at home again all the same, and no process was started
     */
    public int within(OsProcess.Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int pid = Libc.NONE;
            boolean athome = false;
            try {
                enter(arena);
                pid = call.run();
            } finally {
                try {
                    Libc.enterNetwork(arena, home);
                    athome = true;
                } finally {
                    if (!athome && pid != Libc.NONE) {
                        Libc.kill(pid, SIGKILL);
                        int _ = Libc.reap(arena, pid);
                    }
                }
            }
            return pid;
        }
    }

    private void enter(Arena arena) throws IOException {
        if (own != Libc.NONE) {
            if (counters.areAsBefore(arena)) {
                Libc.enterNetwork(arena, own);
                return;
            }
            forget(arena);
        }
        Libc.leaveNetwork(arena);
        bringUp(arena);
        int namespace = Libc.open(arena, made.toString(), Libc.READ_ONLY);
        try {
            counters = new Counters(arena);
            own = namespace;
        } finally {
            if (own != namespace) {
                Libc.close(CLibrary.state(arena), namespace);
            }
        }
    }

    /**
     * What is counted in the namespace in which they are made. The files tell of that one for as
     * long as they are open, whoever reads them.
     */
    private static final class Counters {
        private static final int MOST = 1 << 15;

        private final List<Integer> files = new ArrayList<>();
        private final byte[] before;

        Counters(Arena arena) throws IOException {
            boolean well = false;
            try {
                for (String name : COUNTERS) {
                    Path file = FIGURES.resolve(name);
                    if (Files.exists(file)) {
                        files.add(Libc.open(arena, file.toString(), Libc.READ_ONLY));
                    }
                }
                before = read(arena);
                well = true;
            } finally {
                if (!well) {
                    close(arena);
                }
            }
        }

        boolean areAsBefore(Arena arena) throws IOException {
            return Arrays.equals(before, read(arena));
        }

        private byte[] read(Arena arena) throws IOException {
            MemorySegment state = CLibrary.state(arena);
            MemorySegment all = arena.allocate(MOST);
            long at = 0;
            for (int file : files) {
                long begun = at;
                for (long count = 1; count > 0; at += count) {
                    count = Libc.readAt(state, file, all.asSlice(at), at - begun);
                }
            }
            if (at == MOST) {
                throw new IOException("the counters of a network namespace are too long");
            }
            return all.asSlice(0, at).toArray(JAVA_BYTE);
        }

        void close(Arena arena) {
            files.forEach(file -> Libc.close(CLibrary.state(arena), file));
        }
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
            Libc.close(CLibrary.state(arena), own);
            own = Libc.NONE;
            counters.close(arena);
        }
    }

    @Override
    public void close() {
        try (Arena arena = Arena.ofConfined()) {
            forget(arena);
            Libc.close(CLibrary.state(arena), home);
        }
    }
}
