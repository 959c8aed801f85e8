package boxcar.job;

import org.jspecify.annotations.Nullable;

/**
 * All that a replica needs to make a runtime on its host.
 *
 * @param nixShell the text of {@code shell.nix}
 * @param compileScript null if programs of this runtime need no compiling
 * @param limits of the installation, on every host alike
 */
public record RuntimeDefinition(
        String name,
        String sourceFileName,
        String nixShell,
        @Nullable String compileScript,
        String runScript,
        Limits limits) {}
