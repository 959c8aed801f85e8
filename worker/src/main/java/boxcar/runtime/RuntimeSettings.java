package boxcar.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/**
 * What this room is told.
 *
 * @param state the replica's own folder; this room makes {@code boxcar.sqlite}, {@code runtimes},
 *     {@code staging}, {@code shell} in it
 * @param nixEnvironment variables for Nix, in boxes and outside: {@code NIX_REMOTE}, {@code
 *     NIX_PATH}, {@code NIX_BUILD_SHELL}
 * @param network whether an installation may reach the network
 * @param outputCapKib how much of each output stream of an installation is kept
 * @param ledgerKept how long a published result is remembered
 */
public record RuntimeSettings(
        Path state,
        Map<String, String> nixEnvironment,
        boolean network,
        int outputCapKib,
        Duration ledgerKept,
        InstantSource clock) {
    public RuntimeSettings {
        nixEnvironment = Map.copyOf(nixEnvironment);
        state = state.toAbsolutePath();
    }
}
