package boxcar.engine;

import boxcar.job.RuntimeDefinition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** SHA-256 of what makes a runtime what it is: each part with its length before it. */
final class DefinitionDigest {
    private DefinitionDigest() {}

    static String of(RuntimeDefinition definition) {
        MessageDigest digest = sha256();
        add(digest, definition.name());
        add(digest, definition.sourceFileName());
        add(digest, definition.nixShell());
        add(digest, definition.compileScript());
        add(digest, definition.runScript());
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, @Nullable String part) {
        byte[] bytes = part == null ? new byte[0] : part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(0, part == null ? -1 : bytes.length));
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
