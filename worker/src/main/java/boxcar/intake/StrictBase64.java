package boxcar.intake;

import java.util.Base64;

/**
 * Base64 as RFC 4648 section 4 has it: its alphabet, its padding, nothing between. Java's decoder
 * forgives missing padding and stray bits in the last group, so that two texts would mean one value
 * and a text cut short would pass for a whole one.
 */
final class StrictBase64 {
    private StrictBase64() {}

    static byte[] decode(String field, String text) throws Refusal {
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (text.length() % 4 == 0 && text.endsWith(lastGroup(bytes))) {
                return bytes;
            }
        } catch (IllegalArgumentException _) {
            // refused below
        }
        throw Refusal.of(field, text, "must be base64 with padding (RFC 4648, section 4)");
    }

    private static String lastGroup(byte[] bytes) {
        int length = bytes.length == 0 ? 0 : (bytes.length - 1) % 3 + 1;
        byte[] last = new byte[length];
        System.arraycopy(bytes, bytes.length - length, last, 0, length);
        return Base64.getEncoder().encodeToString(last);
    }
}
