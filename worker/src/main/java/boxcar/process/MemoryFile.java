package boxcar.process;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A file that is nowhere but in memory (memfd_create(2)), in which a process that we start tells us
 * something: no disk is written to, none can be full, and nothing is left when we are gone. Other
 * processes of root open it by its path in /proc. For one thread at a time.
 */
public final class MemoryFile implements AutoCloseable {
    private final int descriptor;
    private boolean closed;

    private MemoryFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * @param name for people who look into /proc/PID/fd
     * @throws IOException if the system has no room for one more
     */
    public static MemoryFile make(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return new MemoryFile(Libc.memoryFile(arena, name));
        }
    }

    /** Where another process finds it, for as long as this one lives and has not closed it. */
    public Path path() {
        return Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + descriptor);
    }

    /**
     * From its beginning.
     *
     * @param most bytes that are read of it
     */
    public byte[] read(int most) throws IOException {
        requireOpen();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = CLibrary.state(arena);
            MemorySegment all = arena.allocate(most);
            long length = 0;
            for (long count = 1; count > 0 && length < most; length += count) {
                count = Libc.readAt(state, descriptor, all.asSlice(length), length);
            }
            return all.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    /** Makes it empty. */
    public void clear() throws IOException {
        requireOpen();
        try (Arena arena = Arena.ofConfined()) {
            Libc.truncate(arena, descriptor);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the file in memory is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try (Arena arena = Arena.ofConfined()) {
                Libc.close(CLibrary.state(arena), descriptor);
            }
        }
    }
}
