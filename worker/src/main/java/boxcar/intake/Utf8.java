package boxcar.intake;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** UTF-8 taken strictly: what is not UTF-8 is never repaired in silence. */
final class Utf8 {
    private static final int WINDOW = 8192;

    private Utf8() {}

    static boolean isValid(byte[] bytes, int from, int to) {
        return validUpTo(bytes, from, to) == to;
    }

    /** Where the first malformed or incomplete character begins, or the end if there is none. */
    static int validUpTo(byte[] bytes, int from, int to) {
        ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
        CharBuffer out = CharBuffer.allocate(Math.min(WINDOW, Math.max(2, to - from)));
        var decoder = StandardCharsets.UTF_8.newDecoder();
        while (true) {
            CoderResult result = decoder.decode(in, out.clear(), true);
            if (!result.isOverflow()) {
                return in.position();
            }
        }
    }

    static Optional<String> decode(ByteBuffer bytes) {
        if (bytes.hasArray() && isAscii(bytes)) {
            // Most are: a copy, where a decoder goes from character to character.
            int from = bytes.arrayOffset() + bytes.position();
            return Optional.of(
                    new String(
                            bytes.array(), from, bytes.remaining(), StandardCharsets.ISO_8859_1));
        }
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /** Whether no half of a surrogate pair stands alone: such text has no UTF-8 form. */
    static boolean isWhole(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return StandardCharsets.UTF_8.newEncoder().canEncode(text);
            }
        }
        return true;
    }

    private static boolean isAscii(ByteBuffer bytes) {
        byte[] array = bytes.array();
        int end = bytes.arrayOffset() + bytes.limit();
        for (int i = bytes.arrayOffset() + bytes.position(); i < end; i++) {
            if (array[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /** The text with each lone half of a surrogate pair replaced, as when a text was cut there. */
    static String whole(String text) {
        return isWhole(text)
                ? text
                : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    /** How many bytes the UTF-8 form has. */
    static int length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /**
     * Where to cut so that no character is split: at most {@code length}, and less by up to three
     * bytes where valid text would be left with a broken character at its end.
     */
    static int wholeLength(byte[] bytes, int length) {
        int valid = validUpTo(bytes, 0, length);
        boolean onlyTheTailIsBroken = length - valid <= 3 && isPrefix(bytes, valid, length);
        return onlyTheTailIsBroken ? valid : length;
    }

    /** Whether the bytes are the beginning of one character of several bytes, and no more. */
    private static boolean isPrefix(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            boolean lead = (bytes[i] & 0xC0) == 0xC0;
            boolean continuation = (bytes[i] & 0xC0) == 0x80;
            if (i == from ? !lead : !continuation) {
                return false;
            }
        }
        return true;
    }
}
