package boxcar.process;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One call of posix_spawn(3): a program, its arguments, its environment and what its standard
 * streams are, and others besides. All other descriptors are closed in it, and no signal is blocked
 * or ignored.
 *
 * <p>Built by one thread; {@link #call} may be made by another. Java's own way starts a helper
 * first, which starts the program (docs/decisions/0016).
 */
final class Spawn {
    /** More than glibc's structs take: 80 and 336 bytes (spawn.h). */
    private static final long ROOM = 512;

    /** POSIX_SPAWN_SETSIGDEF and POSIX_SPAWN_SETSIGMASK. */
    private static final short RESET_SIGNALS = 0x0c;

    private static final int SIGNALS = 128;
    private static final int STANDARD = 3;

    private static final MethodHandle SPAWN =
            CLibrary.plain(
                    "posix_spawn",
                    FunctionDescriptor.of(
                            JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    private static final MethodHandle ACTIONS = init("posix_spawn_file_actions_init");
    private static final MethodHandle ACTIONS_END = init("posix_spawn_file_actions_destroy");
    private static final MethodHandle DUP =
            CLibrary.plain(
                    "posix_spawn_file_actions_adddup2",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle OPEN =
            CLibrary.plain(
                    "posix_spawn_file_actions_addopen",
                    FunctionDescriptor.of(
                            JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE_FROM =
            CLibrary.plain(
                    "posix_spawn_file_actions_addclosefrom_np",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle ATTRIBUTES = init("posix_spawnattr_init");
    private static final MethodHandle FLAGS =
            CLibrary.plain(
                    "posix_spawnattr_setflags",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_SHORT));
    private static final MethodHandle SIGNAL_MASK =
            CLibrary.plain(
                    "posix_spawnattr_setsigmask",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SIGNAL_DEFAULTS =
            CLibrary.plain(
                    "posix_spawnattr_setsigdefault",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    private final Arena arena;
    private final MemorySegment file;
    private final MemorySegment argv;
    private final MemorySegment environment;
    private final MemorySegment actions;
    private final MemorySegment attributes;
    private final MemorySegment pid;
    private final String program;

    /** All of its descriptors from here on are closed. */
    private int closed = STANDARD;

    private static MethodHandle init(String function) {
        return CLibrary.plain(function, FunctionDescriptor.of(JAVA_INT, ADDRESS));
    }

    /**
     * @param arena whose end is after the call; shared if the call is another thread's
     * @throws IOException if an argument cannot be passed on
     */
    Spawn(Arena arena, Command command) throws IOException {
        this.arena = arena;
        this.program = command.argv().getFirst();
        this.file = text(located(program));
        this.argv = array(command.argv());
        this.environment =
                array(command.environment().entrySet().stream().map(Spawn::variable).toList());
        this.actions = arena.allocate(ROOM, Long.BYTES);
        this.attributes = arena.allocate(ROOM, Long.BYTES);
        this.pid = arena.allocate(JAVA_INT);
        try {
            done((int) ACTIONS.invokeExact(actions));
            done((int) ATTRIBUTES.invokeExact(attributes));
            MemorySegment none = arena.allocate(SIGNALS, Long.BYTES);
            done((int) SIGNAL_MASK.invokeExact(attributes, none));
            MemorySegment all = arena.allocate(SIGNALS, Long.BYTES).fill((byte) -1);
            done((int) SIGNAL_DEFAULTS.invokeExact(attributes, all));
            done((int) FLAGS.invokeExact(attributes, RESET_SIGNALS));
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Not by posix_spawnp(3), which looks in the PATH that this process was started with. */
    private static String located(String program) throws IOException {
        if (program.indexOf('/') >= 0) {
            return program;
        }
        for (Path folder : Command.FOLDERS) {
            Path place = folder.resolve(program);
            if (Files.isExecutable(place) && !Files.isDirectory(place)) {
                return place.toString();
            }
        }
        throw new IOException(
                "cannot start " + program + ": it is in none of the folders " + Command.FOLDERS);
    }

    private static String variable(Map.Entry<String, String> entry) {
        return entry.getKey() + "=" + entry.getValue();
    }

    private MemorySegment text(String value) throws IOException {
        if (value.indexOf('\0') >= 0) {
            throw new IOException("cannot start: a NUL character in an argument");
        }
        return arena.allocateFrom(value);
    }

    private MemorySegment array(List<String> values) throws IOException {
        MemorySegment array = arena.allocate(ADDRESS, values.size() + 1L);
        for (int i = 0; i < values.size(); i++) {
            array.setAtIndex(ADDRESS, i, text(values.get(i)));
        }
        return array;
    }

    /**
     * Its descriptor {@code at} is a copy of ours. All that is given and opened is so one after the
     * other: ours must not have a number that was given before.
     */
    void give(int ours, int at) throws IOException {
        closed = Math.max(closed, at + 1);
        try {
            done((int) DUP.invokeExact(actions, ours, at));
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /** Its descriptor {@code at} is a file that it opens. */
    void open(String path, int flags, int at) throws IOException {
        closed = Math.max(closed, at + 1);
        try {
            done((int) OPEN.invokeExact(actions, at, text(path), flags, 0));
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    /**
     * Starts it; for once.
     *
     * @return its process id
     * @throws IOException if the program is not there, or the system has no room for one more
     */
    int call() throws IOException {
        try {
            // Or it had our session's keys, and shared them with all that we ever start.
            Libc.leaveKeyring(arena);
            done((int) CLOSE_FROM.invokeExact(actions, closed));
            int result = (int) SPAWN.invokeExact(pid, file, actions, attributes, argv, environment);
            // Or this thread kept the keys of the process when that is gone.
            Libc.leaveKeyring(arena);
            int _ = (int) ACTIONS_END.invokeExact(actions);
            done(result);
            return pid.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    private void done(int result) throws IOException {
        if (result != 0) {
            throw new IOException("cannot start " + program + ": " + CLibrary.words(result));
        }
    }

    private static IOException failure(Throwable e) {
        return switch (e) {
            case IOException io -> io;
            case Error error -> throw error;
            default -> throw CLibrary.impossible(e);
        };
    }
}
