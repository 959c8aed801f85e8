package boxcar.process;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A file that we keep open to hand it to processes, which need not be able to open it themselves.
 * It may be closed by any thread, once nobody starts a process with it.
 */
public final class OpenFile implements AutoCloseable {
    private final int descriptor;

    private OpenFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * One that is there, to be written.
     *
     * @throws IOException if it cannot be opened
     */
    public static OpenFile toWrite(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return of(arena, Libc.open(arena, path.toString(), Libc.WRITE_ONLY));
        }
    }

    /**
     * A program in memory (memfd_create(2)), which nobody can change any more. A process that was
     * handed it starts it by {@code /proc/self/fd/N}, whatever file systems it sees, and though
     * they be mounted {@code noexec}.
     *
     * @param name for people who look into /proc/PID/fd
     * @throws IOException if the system has no room for it
     */
    public static OpenFile program(String name, byte[] image) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = Libc.programFile(arena, name);
            boolean well = false;
            try {
                fill(arena, descriptor, image);
                Libc.seal(arena, descriptor);
                well = true;
            } finally {
                if (!well) {
                    Libc.close(CLibrary.state(arena), descriptor);
                }
            }
            return of(arena, descriptor);
        }
    }

    private static void fill(Arena arena, int descriptor, byte[] image) throws IOException {
        MemorySegment state = CLibrary.state(arena);
        MemorySegment all = arena.allocate(image.length).copyFrom(MemorySegment.ofArray(image));
        long done = 0;
        while (done < image.length) {
            int count = Libc.write(state, descriptor, all.asSlice(done));
            if (count < 0) {
                throw new IOException("no room in memory for a program");
            }
            done += count;
        }
    }

    /** With a number above those that a process has it by, so that none is lost at its start. */
    private static OpenFile of(Arena arena, int descriptor) throws IOException {
        try {
            return new OpenFile(Libc.another(arena, descriptor));
        } finally {
            Libc.close(CLibrary.state(arena), descriptor);
        }
    }

    int descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        try (Arena arena = Arena.ofConfined()) {
            Libc.close(CLibrary.state(arena), descriptor);
        }
    }
}
