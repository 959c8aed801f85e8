package boxcar.files;

import boxcar.libc.CLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for the calls of one open file. For one thread. */
final class Scratch implements AutoCloseable {
    /** NAME_MAX and a NUL. */
    private static final long USUAL = 256;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = CLibrary.state(arena);
    private final MemorySegment status = arena.allocate(FileCalls.STATUS_SIZE, Long.BYTES);
    private MemorySegment name = arena.allocate(USUAL);

    /** Of the last call. */
    MemorySegment state() {
        return state;
    }

    /** For a status to be written to. */
    MemorySegment status() {
        return status;
    }

    /** It as the C library takes it, until the next is asked for. */
    MemorySegment name(Name wanted) {
        if (wanted.length() >= name.byteSize()) {
            name = wanted.in(arena);
            return name;
        }
        return wanted.into(name);
    }

    MemorySegment allocate(long size) {
        return arena.allocate(size, Long.BYTES);
    }

    @Override
    public void close() {
        arena.close();
    }
}
