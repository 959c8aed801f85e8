package boxcar.files;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** An open regular file. For one thread. */
final class OpenFile extends Opened {
    /** Bytes that are moved at once. */
    static final int CHUNK = 1 << 16;

    OpenFile(int descriptor, Scratch scratch) {
        super(descriptor, scratch);
    }

    /**
     * @param most bytes that are read
     */
    byte[] read(int most) throws IOException {
        byte[] content = new byte[most];
        MemorySegment chunk = scratch().allocate(Math.min(most, CHUNK));
        int length = 0;
        while (length < most) {
            int count = (int) read(chunk.asSlice(0, Math.min(chunk.byteSize(), most - length)));
            if (count == 0) {
                break;
            }
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, content, length, count);
            length += count;
        }
        return length == most ? content : Arrays.copyOf(content, length);
    }

    void write(byte[] content) throws IOException {
        MemorySegment chunk = scratch().allocate(Math.min(content.length, CHUNK));
        int length;
        for (int at = 0; at < content.length; at += length) {
            length = Math.min(content.length - at, CHUNK);
            MemorySegment.copy(content, at, chunk, ValueLayout.JAVA_BYTE, 0, length);
            write(chunk.asSlice(0, length));
        }
    }

    /**
     * Writes all that is left of another, from where that one is.
     *
     * @param buffer to be used for it
     */
    void writeAllOf(OpenFile other, MemorySegment buffer) throws IOException {
        long count = other.read(buffer);
        while (count > 0) {
            write(buffer.asSlice(0, count));
            count = other.read(buffer);
        }
    }

    private long read(MemorySegment into) throws IOException {
        return FileCalls.read(scratch().state(), descriptor(), into);
    }

    private void write(MemorySegment all) throws IOException {
        for (long at = 0; at < all.byteSize(); ) {
            at += FileCalls.write(scratch().state(), descriptor(), all.asSlice(at));
        }
    }
}
