package boxcar.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the C library that it takes to start a process and to follow it, by the
 * foreign-function API (JEP 454). Numbers are those of Linux on x86-64 and aarch64.
 *
 * <p>All calls are those of section 2 and 3 of the manual. What is said to throw tells the errno in
 * words. Safe for many threads; a call blocks the thread that carries a virtual one.
 */
final class Libc {
    /** No descriptor. */
    static final int NONE = -1;

    static final int READ_ONLY = 0;
    static final int WRITE_ONLY = 1;
    static final int READ_AND_WRITE = 2;
    static final int NON_BLOCKING = 0x800;
    static final int CLOSE_ON_EXEC = 0x80000;
    static final short READABLE = 1;
    static final short WRITABLE = 4;

    private static final int CLOSE_MEMORY_ON_EXEC = 1;
    private static final int ALLOW_SEALING = 2;

    /** Since Linux 6.3; a host may want it said (vm.memfd_noexec). */
    private static final int EXECUTABLE = 0x10;

    private static final int INTERRUPTED = 4;
    private static final int TRY_AGAIN = 11;
    private static final int SET_FLAGS = 4;

    /** F_DUPFD_CLOEXEC. */
    private static final int DUPLICATE = 1030;

    /** More than a process that we start has of its own at first. */
    private static final int HIGH = 64;

    /** F_ADD_SEALS, and F_SEAL_SEAL, SHRINK, GROW and WRITE. */
    private static final int ADD_SEALS = 1033;

    private static final int ALL_SEALS = 0xf;
    private static final long PIDFD_OPEN = 434;
    private static final int NEW_NAMES = 0x04000000;
    private static final int NEW_NETWORK = 0x40000000;
    private static final int NEW_MOUNTS = 0x00020000;

    /** MS_REC of mount(2): the mounts below, too. */
    static final long MOUNTS_BELOW = 0x4000;

    /** MS_SLAVE: it gets what is mounted elsewhere, and gives nothing back. */
    static final long FOLLOWING_ONLY = 0x80000;

    /** MS_RDONLY, MS_REMOUNT and MS_BIND: this one mount, not the file system. */
    static final long READ_ONLY_ANEW_HERE = 0x1 | 0x20 | 0x1000;

    private static final long KEYCTL = CLibrary.AARCH64 ? 219 : 250;
    private static final long JOIN_SESSION_KEYRING = 1;
    private static final long SECCOMP = CLibrary.AARCH64 ? 277 : 317;

    /** SECCOMP_SET_MODE_FILTER. */
    private static final long SET_FILTER = 1;

    /** Bytes of a struct sock_filter, and of a struct sock_fprog (linux/filter.h). */
    private static final int INSTRUCTION = 8;

    private static final int PROGRAM = 16;
    private static final int CODE_AT = 8;
    private static final int INTERNET = 2;
    private static final int DATAGRAM = 2;
    private static final long SET_INTERFACE_FLAGS = 0x8914;

    private static final MethodHandle OPEN =
            CLibrary.variadic("open", 2, FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle PIPE =
            CLibrary.told("pipe2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FCNTL =
            CLibrary.variadic(
                    "fcntl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle READ =
            CLibrary.told("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle PREAD =
            CLibrary.told(
                    "pread",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle WRITE =
            CLibrary.told("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE =
            CLibrary.told("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle POLL =
            CLibrary.told("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle WAIT =
            CLibrary.told("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle KILL =
            CLibrary.told("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SYSCALL =
            CLibrary.variadic(
                    "syscall",
                    1,
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle UNSHARE =
            CLibrary.told("unshare", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle MOUNT =
            CLibrary.told(
                    "mount",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    private static final MethodHandle SETNS =
            CLibrary.told("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SET_HOST_NAME =
            CLibrary.told("sethostname", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle SOCKET =
            CLibrary.told("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle IOCTL =
            CLibrary.variadic(
                    "ioctl", 2, FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS));
    private static final MethodHandle MEMORY_FILE =
            CLibrary.told("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle TRUNCATE =
            CLibrary.told("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));

    private Libc() {}

    private static IOException failed(String what, MemorySegment state) {
        return new IOException(what + ": " + CLibrary.words(CLibrary.errno(state)));
    }

    static int open(Arena arena, String path, int flags) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int fd;
        try {
            fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags | CLOSE_ON_EXEC);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(fd, "cannot open " + path, state);
        return fd;
    }

    /** A new and empty file in memory. */
    static int memoryFile(Arena arena, String name) throws IOException {
        return memoryFile(arena, name, CLOSE_MEMORY_ON_EXEC);
    }

    /** One that can be sealed, and be a program. */
    static int programFile(Arena arena, String name) throws IOException {
        int flags = CLOSE_MEMORY_ON_EXEC | ALLOW_SEALING;
        try {
            return memoryFile(arena, name, flags | EXECUTABLE);
        } catch (IOException _) {
            // An older kernel: each of its files is.
            return memoryFile(arena, name, flags);
        }
    }

    /** Nobody can change the file any more. */
    static void seal(Arena arena, int fd) throws IOException {
        int _ = fcntl(arena, fd, ADD_SEALS, ALL_SEALS);
    }

    /** A descriptor of the same file with a high number. */
    static int another(Arena arena, int fd) throws IOException {
        return fcntl(arena, fd, DUPLICATE, HIGH);
    }

    private static int fcntl(Arena arena, int fd, int command, int argument) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int result;
        try {
            result = (int) FCNTL.invokeExact(state, fd, command, argument);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "fcntl", state);
        return result;
    }

    private static int memoryFile(Arena arena, String name, int flags) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int fd;
        try {
            fd = (int) MEMORY_FILE.invokeExact(state, arena.allocateFrom(name), flags);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(fd, "cannot make a file in memory", state);
        return fd;
    }

    /** Makes a file empty. */
    static void truncate(Arena arena, int fd) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int result;
        try {
            result = (int) TRUNCATE.invokeExact(state, fd, 0L);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "ftruncate", state);
    }

    /** A nameless pipe. */
    record Pipe(int reading, int writing) {}

    static Pipe pipe(Arena arena) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        MemorySegment both = arena.allocate(JAVA_INT, 2);
        int result;
        try {
            result = (int) PIPE.invokeExact(state, both, CLOSE_ON_EXEC);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "cannot make a pipe", state);
        return new Pipe(both.getAtIndex(JAVA_INT, 0), both.getAtIndex(JAVA_INT, 1));
    }

    static void neverBlock(Arena arena, int fd) throws IOException {
        int _ = fcntl(arena, fd, SET_FLAGS, NON_BLOCKING);
    }

    /**
     * @return how many bytes came; 0 if nothing was there after all; −1 at the end, or if the other
     *     side is broken
     */
    static int read(MemorySegment state, int fd, MemorySegment into) {
        long count;
        try {
            count = (long) READ.invokeExact(state, fd, into, into.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        if (count > 0) {
            return (int) count;
        }
        return count < 0 && mayPass(state) ? 0 : -1;
    }

    /**
     * @return how many bytes came from there; 0 at the end
     */
    static long readAt(MemorySegment state, int fd, MemorySegment into, long offset)
            throws IOException {
        long count;
        try {
            count = (long) PREAD.invokeExact(state, fd, into, into.byteSize(), offset);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        if (count < 0) {
            throw failed("pread", state);
        }
        return count;
    }

    /**
     * @return how many bytes went; −1 if nobody will read them
     */
    static int write(MemorySegment state, int fd, MemorySegment from) {
        long count;
        try {
            count = (long) WRITE.invokeExact(state, fd, from, from.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return count >= 0 ? (int) count : mayPass(state) ? 0 : -1;
    }

    private static boolean mayPass(MemorySegment state) {
        int errno = CLibrary.errno(state);
        return errno == INTERRUPTED || errno == TRY_AGAIN;
    }

    static void close(MemorySegment state, int fd) {
        try {
            // Nothing can be done about a failure; the descriptor is gone either way (close(2)).
            int _ = (int) CLOSE.invokeExact(state, fd);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
    }

    /** Waits until one of the descriptors is ready, or the time is over. */
    static void poll(MemorySegment state, MemorySegment descriptors, long count, int millis) {
        try {
            // A failure can only be an interrupted call: whoever asks goes round again.
            int _ = (int) POLL.invokeExact(state, descriptors, count, millis);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
    }

    /** A descriptor that becomes readable when the process has ended (Linux 5.3). */
    static int pidfd(Arena arena, int pid) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        long fd = call(state, PIDFD_OPEN, pid, 0, 0);
        if (fd < 0) {
            throw failed("pidfd_open", state);
        }
        return (int) fd;
    }

    /**
     * Waits for a child and reaps it.
     *
     * @return its exit status, 128 + n if signal n killed it
     */
    static int reap(Arena arena, int pid) {
        MemorySegment state = CLibrary.state(arena);
        MemorySegment status = arena.allocate(JAVA_INT);
        int result;
        do {
            try {
                result = (int) WAIT.invokeExact(state, pid, status, 0);
            } catch (Throwable e) {
                throw CLibrary.impossible(e);
            }
        } while (result < 0 && CLibrary.errno(state) == INTERRUPTED);
        if (result != pid) {
            throw new IllegalStateException("somebody else has reaped process " + pid);
        }
        int word = status.get(JAVA_INT, 0);
        int signal = word & 0x7f;
        return signal == 0 ? word >> 8 & 0xff : 128 + signal;
    }

    static void kill(int pid, int signal) {
        try (Arena arena = Arena.ofConfined()) {
            int _ = (int) KILL.invokeExact(CLibrary.state(arena), pid, signal);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
    }

    /**
     * Gives the calling thread a session keyring of its own (session-keyring(7)), which the
     * processes that it starts inherit. Where keys are closed to us they are to them, too.
     */
    static void leaveKeyring(Arena arena) {
        long _ = call(CLibrary.state(arena), KEYCTL, JOIN_SESSION_KEYRING, 0, 0);
    }

    /**
     * Installs a seccomp filter in the calling thread.
     *
     * @param code an array of struct sock_filter
     */
    static void installFilter(Arena arena, MemorySegment code) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        MemorySegment program = arena.allocate(PROGRAM, Long.BYTES);
        program.set(JAVA_SHORT, 0, (short) (code.byteSize() / INSTRUCTION));
        program.set(ADDRESS, CODE_AT, code);
        if (call(state, SECCOMP, SET_FILTER, 0, program.address()) < 0) {
            throw failed("cannot install a filter of system calls", state);
        }
    }

    /** For what the C library has no function for; it changes nothing but the calling thread. */
    private static long call(MemorySegment state, long number, long a, long b, long c) {
        try {
            return (long) SYSCALL.invokeExact(state, number, a, b, c);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
    }

    /** Puts the calling thread into a new network namespace. */
    static void leaveNetwork(Arena arena) throws IOException {
        unshare(arena, NEW_NETWORK, "cannot make a network namespace");
    }

    /** Puts the calling thread into a mount namespace that is a copy of its own. */
    static void leaveMounts(Arena arena) throws IOException {
        unshare(arena, NEW_MOUNTS, "cannot make a mount namespace");
    }

    /** Puts the calling thread into a namespace in which the host has this name. */
    static void leaveHostName(Arena arena, String name) throws IOException {
        unshare(arena, NEW_NAMES, "cannot make a namespace for a host name");
        MemorySegment state = CLibrary.state(arena);
        MemorySegment text = arena.allocateFrom(name);
        int result;
        try {
            result = (int) SET_HOST_NAME.invokeExact(state, text, text.byteSize() - 1);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "cannot set a host name", state);
    }

    private static void unshare(Arena arena, int what, String failure) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int result;
        try {
            result = (int) UNSHARE.invokeExact(state, what);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, failure, state);
    }

    /** Changes how something is mounted for the calling thread. */
    static void changeMount(Arena arena, String place, long flags) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        MemorySegment none = MemorySegment.NULL;
        int result;
        try {
            MemorySegment at = arena.allocateFrom(place);
            result = (int) MOUNT.invokeExact(state, none, at, none, flags, none);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "cannot change the mount " + place, state);
    }

    /** Puts the calling thread into the network namespace of a descriptor. */
    static void enterNetwork(Arena arena, int namespace) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int result;
        try {
            result = (int) SETNS.invokeExact(state, namespace, NEW_NETWORK);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, "cannot enter a network namespace", state);
    }

    /**
     * @param request a struct ifreq of netdevice(7)
     */
    static void setInterfaceFlags(Arena arena, MemorySegment request) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        int socket;
        int result;
        try {
            socket = (int) SOCKET.invokeExact(state, INTERNET, DATAGRAM | CLOSE_ON_EXEC, 0);
            require(socket, "cannot open a socket", state);
            result = (int) IOCTL.invokeExact(state, socket, SET_INTERFACE_FLAGS, request);
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        try {
            require(result, "cannot bring the loopback interface up", state);
        } finally {
            close(CLibrary.state(arena), socket);
        }
    }

    private static void require(int result, String what, MemorySegment state) throws IOException {
        if (result < 0) {
            throw failed(what, state);
        }
    }
}
