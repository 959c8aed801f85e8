package boxcar.runtime;

import boxcar.files.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what builders of Nix may have left in the store for jobs to talk through. Programs see
 * the store read-only, but a FIFO or a socket can be written to all the same. Where the daemon does
 * not sandbox builders, they may make files there that no build registers; what is registered
 * belongs to root and holds nothing but folders, regular files and links.
 */
final class StoreWatch {
    private static final Logger LOG = LoggerFactory.getLogger(StoreWatch.class);
    private static final Path STORE = Path.of("/nix/store");
    private static final int ROOT = 0;

    private StoreWatch() {}

    /** After each installation, however it ended: Nix has then ended its builders. */
    static void removeSpecialFiles() {
        if (!Files.isDirectory(STORE)) {
            return;
        }
        try {
            List<String> found = Trees.removeSpecialFiles(STORE, ROOT);
            if (!found.isEmpty()) {
                LOG.warn(
                        "removed FIFOs, sockets or devices that a builder left in {}: {}",
                        STORE,
                        found);
            }
        } catch (IOException e) {
            LOG.warn(
                    "{} could not be searched for FIFOs, sockets and devices, through which jobs could talk: {}",
                    STORE,
                    e.toString());
        }
    }
}
