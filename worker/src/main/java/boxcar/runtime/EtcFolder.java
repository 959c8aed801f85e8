package boxcar.runtime;

import boxcar.files.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What an installation sees as {@code /etc}: Nix's configuration, and what finding hosts takes
 * where the network is allowed. A copy, since boxes are lent folders and the host's own holds far
 * more; made anew each time, since the host's name servers change.
 */
final class EtcFolder {
    static final String CERTIFICATES = "ssl/certs/ca-certificates.crt";
    private static final List<String> FOR_NIX = List.of("nix/nix.conf");
    private static final List<String> FOR_THE_NETWORK =
            List.of("resolv.conf", "hosts", "nsswitch.conf", "services", "protocols", CERTIFICATES);

    private EtcFolder() {}

    static void fill(Path folder, boolean network) throws IOException {
        Trees.write(
                folder,
                "passwd",
                "root:x:0:0:root:/:/bin/sh\n".getBytes(StandardCharsets.UTF_8),
                false);
        copy(folder, FOR_NIX);
        if (network) {
            copy(folder, FOR_THE_NETWORK);
        }
    }

    private static void copy(Path folder, List<String> names) throws IOException {
        for (String name : names) {
            Path file = Path.of("/etc").resolve(name);
            if (Files.isReadable(file)) {
                Trees.write(folder, name, Files.readAllBytes(file), false);
            }
        }
    }
}
