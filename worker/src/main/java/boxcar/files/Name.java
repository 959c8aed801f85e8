package boxcar.files;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The name of a file in its folder, as the bytes that it is to the kernel. Cannot be changed. */
final class Name {
    private final byte[] bytes;

    private Name(byte[] bytes) {
        this.bytes = bytes;
    }

    /** In UTF-8, whatever the locale. */
    static Name of(String text) throws CharacterCodingException {
        ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return new Name(bytes);
    }

    /** Of characters of ASCII. */
    static Name plain(String text) {
        return new Name(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** The bytes up to a NUL. */
    static Name at(MemorySegment memory, long offset) {
        long end = offset;
        while (memory.get(ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        return new Name(memory.asSlice(offset, end - offset).toArray(ValueLayout.JAVA_BYTE));
    }

    boolean isHereOrAbove() {
        return bytes[0] == '.' && (bytes.length == 1 || (bytes.length == 2 && bytes[1] == '.'));
    }

    int length() {
        return bytes.length;
    }

    /** As the C library takes it. */
    MemorySegment in(Arena arena) {
        return into(arena.allocate(bytes.length + 1L));
    }

    MemorySegment into(MemorySegment memory) {
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        memory.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return memory;
    }

    /** For people: what is no UTF-8 is replaced. */
    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
