package boxcar.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A captured environment: what {@code env -0} printed. Entries end in NUL, since a value may hold
 * lines and '='; a name ends at the first '='.
 */
record Environment(Map<String, String> variables) {
    /** What belongs to the installation's own box and shell, and would be a lie in another. */
    private static final Set<String> OF_THE_INSTALLATION =
            Set.of(
                    "_",
                    "PWD",
                    "OLDPWD",
                    "SHLVL",
                    "HOME",
                    "USER",
                    "TMP",
                    "TMPDIR",
                    "TEMP",
                    "TEMPDIR",
                    "NIX_BUILD_TOP",
                    "NIX_REMOTE",
                    "NIX_BUILD_SHELL",
                    "NIX_PATH",
                    "NIX_SSL_CERT_FILE",
                    "SHELL",
                    "shellHook",
                    "TERM");

    Environment {
        variables = Map.copyOf(variables);
    }

    static Environment parse(byte[] bytes) {
        Map<String, String> variables = new LinkedHashMap<>();
        for (String entry : new String(bytes, StandardCharsets.UTF_8).split("\0", -1)) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return new Environment(variables);
    }

    /** Without what belongs to the installation's own box. */
    Environment withoutInstallation() {
        Map<String, String> kept = new LinkedHashMap<>(variables);
        kept.keySet().removeAll(OF_THE_INSTALLATION);
        return new Environment(kept);
    }

    byte[] encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new TreeMap<>(variables)
                .forEach((name, value) ->
                        bytes.writeBytes(
                                (name + "=" + value + "\0").getBytes(StandardCharsets.UTF_8)));
        return bytes.toByteArray();
    }
}
