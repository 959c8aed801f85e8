package boxcar.runtime;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A captured environment: what {@code env -0} printed. Entries end in NUL, since a value may hold
 * lines and '='; a name ends at the first '='.
 */
record Environment(Map<String, String> variables) {
    /** Where an installation sees the shell that nix-shell starts, and nothing else. */
    static final String SHELL_FOLDER = "/boxcar";

    private static final String PATH = "PATH";

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
                    "IN_NIX_SHELL",
                    "NIX_ATTRS_JSON_FILE",
                    "NIX_ATTRS_SH_FILE",
                    "NIX_BUILD_CORES",
                    "NIX_BUILD_TOP",
                    "NIX_GCROOT",
                    "NIX_LOG_FD",
                    "NIX_USER_CONF_FILES",
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
        kept.computeIfPresent(PATH, (_, path) -> ofTheExpression(path));
        return new Environment(kept);
    }

    /**
     * PATH as the expression made it: nix-shell puts the folder of its shell before that, and the
     * PATH that it was started with behind, which are the same entries again if the expression sets
     * PATH itself.
     *
     * @return null if nothing is left
     */
    private @Nullable String ofTheExpression(String path) {
        List<String> entries = new ArrayList<>(List.of(path.split(":", -1)));
        String shell = variables.getOrDefault("SHELL", "");
        if (shell.startsWith("/nix/store/")) {
            // One that nix-shell made itself. The expression may have the same one: that stays.
            entries.remove(shell.substring(0, shell.lastIndexOf('/')));
        }
        // nix-shell leaves an empty entry, which means the current folder, if no stdenv sets PATH.
        entries.removeIf(entry -> entry.isEmpty() || entry.equals(SHELL_FOLDER));
        String kept = String.join(":", new LinkedHashSet<>(entries));
        return kept.isEmpty() ? null : kept;
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
