package boxcar.runtime;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what a runtime uses in the Nix store from being collected. Nix finds references by looking
 * for store paths in text, and so do we: every store path that the captured environment or a script
 * names gets a root {@code gcroot}, {@code gcroot-2}, … in the runtime's folder, registered with
 * the daemon. Nothing is built: a derivation that is named is kept as the file that it is.
 *
 * <p>Deleting the folder ends the roots: the daemon's own links to them dangle then, and we remove
 * those too.
 */
final class GcRoots {
    private static final Logger LOG = LoggerFactory.getLogger(GcRoots.class);

    /** A name in the store has at most 211 characters. */
    private static final Pattern STORE_PATH =
            Pattern.compile("/nix/store/[0-9a-z]{32}-[0-9A-Za-z+._?=-]{1,211}");

    private static final Path AUTO = Path.of("/nix/var/nix/gcroots/auto");
    private static final Path SOCKET = Path.of("/nix/var/nix/daemon-socket/socket");
    private static final String NAME = "gcroot";
    private static final String BY_SOCKET = "unix://";

    private final Path socket;

    /**
     * @param nixEnvironment its {@code NIX_REMOTE} may name a socket, as {@code unix:///path}
     */
    GcRoots(Map<String, String> nixEnvironment) {
        String remote = nixEnvironment.getOrDefault("NIX_REMOTE", "");
        this.socket =
                remote.startsWith(BY_SOCKET)
                        ? Path.of(remote.substring(BY_SOCKET.length()))
                        : SOCKET;
    }

    /** Store paths named in texts that exist on this host. */
    static List<Path> named(List<String> texts) {
        TreeSet<Path> found = new TreeSet<>();
        for (String text : texts) {
            Matcher matcher = STORE_PATH.matcher(text);
            while (matcher.find()) {
                Path path = Path.of(matcher.group());
                if (Files.exists(path)) {
                    found.add(path);
                }
            }
        }
        return List.copyOf(found);
    }

    /**
     * Registers roots in a folder.
     *
     * @return those that are no valid paths of the store; if there is one, nothing is registered
     */
    List<Path> add(Path folder, List<Path> paths) throws Fault {
        if (paths.isEmpty()) {
            return List.of();
        }
        try (NixDaemon daemon = NixDaemon.connect(socket)) {
            List<Path> invalid = hold(daemon, paths);
            if (invalid.isEmpty()) {
                link(folder, paths);
                register(daemon, folder, paths.size());
            }
            return invalid;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Moves a folder that has roots to another place; what it keeps is kept all the while.
     *
     * @param how moves it
     */
    void carry(Path from, Path to, List<Path> paths, Move how) throws Fault {
        if (paths.isEmpty()) {
            how.move();
            return;
        }
        try (NixDaemon daemon = NixDaemon.connect(socket)) {
            List<Path> gone = hold(daemon, paths);
            if (!gone.isEmpty()) {
                throw new Fault(
                        "nix",
                        Fault.Next.RETRY_HERE,
                        "gone from the Nix store, though they have roots in " + from + ": " + gone);
            }
            how.move();
            register(daemon, to, paths.size());
        } catch (IOException e) {
            throw failed(e);
        }
        forget(from);
    }

    /** What is done while the paths are held. */
    @FunctionalInterface
    interface Move {
        void move() throws Fault;
    }

    /** Whether all of these have roots in the folder that the daemon knows of. */
    static boolean areThere(Path folder, List<Path> paths) {
        try {
            Collection<Path> registered = linksTo(folder).values();
            for (int i = 0; i < paths.size(); i++) {
                Path link = link(folder, i);
                if (!registered.contains(link)
                        || !Files.readSymbolicLink(link).equals(paths.get(i))) {
                    return false;
                }
            }
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /** Whether a root in the folder leads to something that is no more. */
    static boolean hasLost(Path folder) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(folder, NAME + "*")) {
            for (Path link : links) {
                if (Files.notExists(link)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static List<Path> hold(NixDaemon daemon, List<Path> paths) throws IOException {
        List<Path> invalid = new ArrayList<>();
        for (Path path : paths) {
            if (!daemon.hold(path)) {
                invalid.add(path);
            }
        }
        return invalid;
    }

    private static void link(Path folder, List<Path> paths) throws IOException {
        for (int i = 0; i < paths.size(); i++) {
            Path link = link(folder, i);
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, paths.get(i));
        }
    }

    private static void register(NixDaemon daemon, Path folder, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            daemon.addRoot(link(folder, i));
        }
    }

    /** As {@code nix-store --add-root} names them. */
    private static Path link(Path folder, int index) {
        return folder.resolve(index == 0 ? NAME : NAME + "-" + (index + 1));
    }

    private static Fault failed(IOException e) {
        return new Fault("nix", Fault.Next.RETRY_HERE, "could not register GC roots", e);
    }

    /** The daemon's links to roots in a folder, and where each leads. */
    private static Map<Path, Path> linksTo(Path folder) throws IOException {
        Map<Path, Path> found = new HashMap<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(AUTO)) {
            for (Path link : links) {
                try {
                    Path root = Files.readSymbolicLink(link);
                    if (root.startsWith(folder)) {
                        found.put(link, root);
                    }
                } catch (NoSuchFileException | NotLinkException _) {
                    // A collection removes links that dangle.
                }
            }
        }
        return found;
    }

    /** Removes the daemon's links to roots in a folder; they would dangle. */
    static void forget(Path folder) {
        if (!Files.isDirectory(AUTO)) {
            return;
        }
        try {
            for (Path link : linksTo(folder).keySet()) {
                Files.deleteIfExists(link);
            }
        } catch (IOException e) {
            LOG.warn(
                    "roots of {} stay registered with the Nix daemon until it next collects: {}",
                    folder,
                    e.toString());
        }
    }
}
