package boxcar.runtime;

import boxcar.job.Fault;
import boxcar.process.Command;
import boxcar.process.Finished;
import boxcar.process.OsProcess;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
 * names gets a root {@code gcroots/N} in the runtime's folder, registered with the daemon.
 *
 * <p>Deleting the folder ends the roots: the daemon's own links to them dangle then, and we remove
 * those too.
 */
final class GcRoots {
    private static final Logger LOG = LoggerFactory.getLogger(GcRoots.class);
    private static final Pattern STORE_PATH =
            Pattern.compile("/nix/store/[0-9a-z]{32}-[0-9A-Za-z+._?=-]+");
    private static final Path AUTO = Path.of("/nix/var/nix/gcroots/auto");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Map<String, String> nixEnvironment;

    GcRoots(Map<String, String> nixEnvironment) {
        this.nixEnvironment = nixEnvironment;
    }

    /** Store paths named in a text that exist on this host. */
    static List<Path> named(String text) {
        TreeSet<Path> found = new TreeSet<>();
        Matcher matcher = STORE_PATH.matcher(text);
        while (matcher.find()) {
            Path path = Path.of(matcher.group());
            if (Files.exists(path)) {
                found.add(path);
            }
        }
        return List.copyOf(found);
    }

    /** Registers roots for what the texts name. */
    void add(Path folder, List<String> texts) throws Fault, InterruptedException {
        List<Path> paths = named(String.join("\n", texts));
        if (paths.isEmpty()) {
            return;
        }
        List<String> command =
                new ArrayList<>(List.of(NixShell.program("nix-store").toString(), "--realise"));
        paths.forEach(path -> command.add(path.toString()));
        command.addAll(List.of("--indirect", "--add-root", folder.resolve("gcroot").toString()));
        run(command);
    }

    private void run(List<String> argv) throws Fault, InterruptedException {
        Map<String, String> environment = new HashMap<>(nixEnvironment);
        environment.putIfAbsent("NIX_REMOTE", "daemon");
        environment.put("PATH", "/usr/bin:/bin");
        environment.put("HOME", "/tmp");
        try {
            Finished finished =
                    OsProcess.run(new Command(argv, environment, new byte[0]), PATIENCE);
            if (!finished.well()) {
                throw new Fault(
                        "nix",
                        Fault.Next.RETRY_HERE,
                        "could not register a GC root: " + finished.evidence());
            }
        } catch (IOException e) {
            throw new Fault("nix", Fault.Next.RETRY_HERE, "could not run " + argv, e);
        }
    }

    /** Removes the daemon's links to roots in a folder; they would dangle. */
    static void forget(Path folder) {
        if (!Files.isDirectory(AUTO)) {
            return;
        }
        try (DirectoryStream<Path> links = Files.newDirectoryStream(AUTO)) {
            for (Path link : links) {
                if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(folder)) {
                    Files.deleteIfExists(link);
                }
            }
        } catch (IOException e) {
            LOG.warn(
                    "roots of {} stay registered with the Nix daemon until it next collects: {}",
                    folder,
                    e.toString());
        }
    }
}
