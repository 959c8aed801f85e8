package boxcar.files;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The name of a file in its folder, or its path, as the bytes that it is to the kernel. Cannot be
 * changed.
 */
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

    /**
     * The bytes of a whole path. Java does not give them, but in a URI, and in that only of an
     * absolute path, with a slash after a folder.
     */
    static Name of(Path path) {
        String text = path.toString();
        if (text.chars().allMatch(c -> c < 0x80)) {
            return plain(text);
        }
        String uri = path.toUri().getRawPath();
        var bytes = new ByteArrayOutputStream();
        for (int i = 0; i < uri.length(); i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(HexFormat.fromHexDigits(uri, i + 1, i + 3));
                i += 2;
            } else if (uri.charAt(i) != '/' || i < uri.length() - 1) {
                bytes.write(uri.charAt(i));
            }
        }
        return new Name(bytes.toByteArray());
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
