package boxcar.runtime;

import boxcar.job.Bind;
import boxcar.job.Fault;
import boxcar.job.RuntimeDefinition;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How {@code nix-shell} is run in a box: it evaluates there, under the job's limits, and asks the
 * Nix daemon through its socket to build. What the shell's environment is then, {@code env -0}
 * writes into the work directory.
 *
 * <p>Only stages of this kind see the daemon's socket.
 */
final class NixShell {
    static final String EXPRESSION = "shell.nix";
    static final String ENVIRONMENT = ".boxcar-environment";

    /**
     * nix-shell unsets PATH before it makes it, so it is exported only where a stdenv does that.
     */
    private static final String CAPTURE = "export PATH; /usr/bin/env -0 > /box/" + ENVIRONMENT;

    private static final byte[] NOTHING = new byte[0];
    private static final List<Path> PLACES =
            List.of(
                    Path.of("/usr/bin"),
                    Path.of("/nix/var/nix/profiles/default/bin"),
                    Path.of("/run/current-system/sw/bin"));

    /** What evaluating and building may need of the host; bound if it is there. */
    private static final List<String> OF_THE_HOST =
            List.of("/nix/store", "/nix/var/nix/daemon-socket", "/nix/var/nix/profiles");

    /** Where Debian and Fedora have them; boxes see both unless the operator says otherwise. */
    private static final List<String> CERTIFICATES =
            List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt");

    private static final String BUILD_SHELL = "NIX_BUILD_SHELL";

    private final RuntimeSettings settings;
    private final Path shell;

    /**
     * @param shell a folder of its own for a link to the shell that nix-shell is to start.
     *     nix-shell puts that shell's folder first in PATH, before what the expression made; so it
     *     must hold nothing else, or the host's tools would hide the runtime's own
     * @throws Fault if the link cannot be made
     */
    NixShell(RuntimeSettings settings, Path shell) throws Fault {
        this.settings = settings;
        this.shell = shell;
        String program = settings.nixEnvironment().get(BUILD_SHELL);
        if (program != null) {
            try {
                Files.createSymbolicLink(shell.resolve(name(program)), Path.of(program));
            } catch (IOException e) {
                throw Shelf.failed("cannot make a link to " + program, e);
            }
        }
    }

    private static String name(String program) {
        return String.valueOf(Path.of(program).getFileName());
    }

    /** The stage that captures the environment of an expression in its {@code shell.nix}. */
    Stage stage(RuntimeDefinition definition, Places places, Stage.OutputListener listener)
            throws Fault {
        List<String> command =
                List.of(program("nix-shell").toString(), "/box/" + EXPRESSION, "--run", CAPTURE);
        return new Stage(
                StageKind.INSTALL,
                command,
                environment(),
                places.work(),
                binds(places),
                definition.limits(),
                NOTHING,
                settings.outputCapKib(),
                settings.network(),
                listener);
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", "/usr/bin:/bin");
        environment.put("HOME", "/box");
        environment.put("USER", "box");
        environment.put("LOGNAME", "box");
        environment.put("TMPDIR", "/tmp");
        environment.put("NIX_SSL_CERT_FILE", certificates());
        environment.put("NIX_REMOTE", "daemon");
        environment.put("NIX_USER_CONF_FILES", "");
        environment.putAll(settings.nixEnvironment());
        environment.computeIfPresent(
                BUILD_SHELL, (_, program) -> Environment.SHELL_FOLDER + "/" + name(program));
        return environment;
    }

    private static String certificates() {
        return CERTIFICATES.stream()
                .filter(file -> Files.exists(Path.of(file)))
                .findFirst()
                .orElse(CERTIFICATES.getFirst());
    }

    private List<Bind> binds(Places places) {
        List<Bind> binds = new ArrayList<>();
        binds.add(Bind.readOnly(places.nix(), "/etc/nix"));
        binds.add(Bind.readOnly(shell, Environment.SHELL_FOLDER));
        for (String path : OF_THE_HOST) {
            if (Files.isDirectory(Path.of(path))) {
                binds.add(Bind.readOnly(Path.of(path), path));
            }
        }
        return binds;
    }

    /** Folders of one installation: its work directory, and what it sees as {@code /etc/nix}. */
    record Places(Path work, Path nix) {}

    /**
     * Where a program of Nix is.
     *
     * @throws Fault if this host has no Nix
     */
    static Path program(String name) throws Fault {
        return PLACES.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() ->
                        new Fault(
                                "nix",
                                Fault.Next.TRY_ELSEWHERE,
                                "this host has no "
                                        + name
                                        + "; install Nix (Debian: apt-get install nix-bin)"));
    }
}
