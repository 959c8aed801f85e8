package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.Finding;
import boxcar.intake.Finding.Level;
import boxcar.job.Sandbox;
import boxcar.sandbox.SandboxSettings;
import boxcar.sandbox.Sandboxes;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Looks at this host as a worker would find it. */
final class HostCheck {
    private static final Path NIX_CONFIGURATION = Path.of("/etc/nix/nix.conf");
    private static final Path NIX_SOCKET = Path.of("/nix/var/nix/daemon-socket/socket");
    private static final String WEAK =
            ". So a limit of memory bounds the address space of each process alone: many processes"
                    + " can pass it together, and JVM, Node and Go need more than they use";
    private static final Path SYSTEMD = Path.of("/run/systemd/system");
    private static final String CLOSED = "boxes cannot reach it: its folder is closed to others";
    private static final Pattern GROUPS = Pattern.compile("cgroup|control group");
    private static final long LITTLE_SPACE = 2L << 30;

    private final Config config;
    private final List<Finding> findings = new ArrayList<>();

    HostCheck(Config config) {
        this.config = config;
    }

    List<Finding> findings() throws InterruptedException {
        java();
        root();
        privileges();
        engines();
        nix();
        disk();
        return findings;
    }

    private void add(String subject, Level level, String message, @Nullable String mend) {
        findings.add(new Finding(subject, level, message, mend));
    }

    private void java() {
        add("JDK", Level.OK, System.getProperty("java.vendor") + " " + Runtime.version(), null);
    }

    private void root() {
        boolean root = "root".equals(System.getProperty("user.name"));
        add(
                "user",
                root ? Level.OK : Level.BAD,
                System.getProperty("user.name", "unknown"),
                root
                        ? null
                        : "run the worker as root: boxes need cgroups, mounts and users of their own");
    }

    private void privileges() {
        Capability.Held held;
        try {
            held = Capability.Held.ours();
        } catch (IOException e) {
            add("privileges", Level.WARN, "cannot be told: " + e.getMessage(), null);
            return;
        }
        for (Capability missing : held.missing()) {
            add(
                    "privileges",
                    missing.isVital() ? Level.BAD : Level.WARN,
                    "without CAP_" + missing + " " + missing.without(),
                    "let the supervisor (systemd: CapabilityBoundingSet=; containers: --cap-add) give it;"
                            + " docs/security.md lists all");
        }
        if (held.missing().isEmpty()) {
            boolean more = held.needless() > 0;
            add(
                    "privileges",
                    more ? Level.WARN : Level.OK,
                    more
                            ? "all that is needed, and "
                                    + held.needless()
                                    + " capabilities that are not"
                            : "the capabilities that are needed, and no others",
                    more ? "start through ./boxcar, with setpriv (util-linux) installed" : null);
        }
    }

    private void engines() throws InterruptedException {
        SandboxSettings settings = Setup.sandbox(config);
        boolean any = false;
        for (Sandboxes.Present present : Sandboxes.present(settings)) {
            Sandbox.Engine engine = present.engine();
            boolean wanted =
                    settings.engine() == SandboxSettings.Choice.AUTO
                            || settings.engine().name().equalsIgnoreCase(present.name());
            any |= engine != null && wanted;
            boolean weak = engine != null && engine.memory() == Sandbox.MemoryLimit.ADDRESS_SPACE;
            boolean lacksGroups =
                    engine == null
                            && isOnPath(present.name())
                            && GROUPS.matcher(present.words()).find();
            if (weak || lacksGroups) {
                GroupAdvice advice = GroupAdvice.find(Path.of("/"), present.name());
                add(
                        "engine " + present.name(),
                        Level.WARN,
                        present.words() + "; " + advice.why() + (weak ? WEAK : ""),
                        advice.mend());
            } else {
                add(
                        "engine " + present.name(),
                        engine == null ? Level.WARN : Level.OK,
                        present.words(),
                        present.mend());
            }
        }
        add(
                "boxes",
                any ? Level.OK : Level.BAD,
                "range "
                        + settings.firstBox()
                        + " to "
                        + settings.lastBox()
                        + ", of which this worker takes "
                        + settings.boxes(),
                any
                        ? null
                        : "install isolate or runc (apt-get install runc), or set the key"
                                + " 'sandbox'");
    }

    private static boolean isOnPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void nix() {
        boolean installed =
                List.of(
                                "/usr/bin/nix-shell",
                                "/nix/var/nix/profiles/default/bin/nix-shell",
                                "/run/current-system/sw/bin/nix-shell")
                        .stream()
                        .anyMatch(path -> Files.isExecutable(Path.of(path)));
        add(
                "Nix",
                installed ? Level.OK : Level.BAD,
                installed ? "nix-shell is installed" : "there is no nix-shell",
                installed ? null : "apt-get install nix-bin, or see nixos.org");
        String trouble = daemonTrouble();
        add(
                "Nix daemon",
                trouble == null ? Level.OK : Level.BAD,
                trouble == null ? "answers at " + NIX_SOCKET : trouble,
                trouble == null
                        ? null
                        : nixMend(trouble.equals(CLOSED), Files.isDirectory(SYSTEMD)));
        if (!buildsInSandbox(NIX_CONFIGURATION)) {
            add(
                    "Nix builds",
                    Level.WARN,
                    "what installations build runs on this host as a user of Nix, in no sandbox:"
                            + " it reaches the network, and reads what everybody may",
                    "let nobody write to the install topic whom you do not trust; or set sandbox ="
                            + " true in "
                            + NIX_CONFIGURATION
                            + ", where the runtimes need nothing of the host");
        }
    }

    /** As nix.conf(5) says it: the last line counts, and without one they do. */
    static boolean buildsInSandbox(Path configuration) {
        try {
            return Files.readAllLines(configuration).stream()
                    .map(line -> line.replaceAll("#.*|\\s", ""))
                    .filter(line -> line.startsWith("sandbox="))
                    .reduce((_, last) -> last)
                    .map(line -> !line.equals("sandbox=false"))
                    .orElse(true);
        } catch (IOException _) {
            // It is not there, or is none of ours to read.
            return true;
        }
    }

    /**
     * What systemd starts it starts, and what systemd sets at each start a chmod does not outlast.
     */
    static String nixMend(boolean closed, boolean systemd) {
        if (!closed) {
            return systemd
                    ? "systemctl enable --now nix-daemon.socket"
                    : "as root: nix-daemon &  and  chmod 755 " + NIX_SOCKET.getParent();
        }
        return systemd
                ? "as root: echo 'd %s 755 root nix-users' > /etc/tmpfiles.d/boxcar.conf; systemd-tmpfiles --create"
                        .formatted(NIX_SOCKET.getParent())
                : "as root: chmod 755 " + NIX_SOCKET.getParent();
    }

    private static @Nullable String daemonTrouble() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(NIX_SOCKET));
            boolean reachable =
                    Files.getPosixFilePermissions(NIX_SOCKET.getParent())
                            .contains(PosixFilePermission.OTHERS_EXECUTE);
            return reachable ? null : CLOSED;
        } catch (IOException e) {
            return "does not answer at " + NIX_SOCKET + ": " + e.getMessage();
        }
    }

    private void disk() {
        Path there = config.state();
        while (Files.notExists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        try {
            FileStore store = Files.getFileStore(there);
            long free = store.getUsableSpace();
            add(
                    "disk",
                    free < LITTLE_SPACE ? Level.WARN : Level.OK,
                    (free >> 20) + " MiB free for " + config.state(),
                    free < LITTLE_SPACE ? "make room, or move it with the key 'state'" : null);
        } catch (IOException e) {
            add(
                    "disk",
                    Level.WARN,
                    "cannot tell the space at " + there + ": " + e.getMessage(),
                    null);
        }
    }
}
