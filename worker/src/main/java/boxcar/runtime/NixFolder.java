package boxcar.runtime;

import boxcar.files.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * What an installation sees as {@code /etc/nix}: the configuration of Nix, which other stages do
 * not see. A copy of those files that every user of the host may read, so that no access token of
 * root's comes in; made anew each time.
 */
final class NixFolder {
    private static final Path OF_THE_HOST = Path.of("/etc/nix");
    private static final List<String> NAMES =
            List.of("nix.conf", "nix.custom.conf", "registry.json");
    private static final int OTHERS_READ = 04;

    private NixFolder() {}

    static void fill(Path folder) throws IOException {
        for (String name : NAMES) {
            Path file = OF_THE_HOST.resolve(name);
            if (Files.isRegularFile(file) && isPublic(file.toRealPath())) {
                Trees.write(folder, name, Files.readAllBytes(file), false);
            }
        }
    }

    private static boolean isPublic(Path file) throws IOException {
        int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return (mode & OTHERS_READ) != 0;
    }
}
