package boxcar.sandbox;

import boxcar.job.Bind;
import boxcar.job.Limits;
import boxcar.job.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Spells one stage as the config.json of an OCI bundle.
 *
 * @param user uid and gid of the program; the first process is root with few capabilities
 * @param groups how many control groups the program joins, which count and bound its processes;
 *     none where the host has none
 * @param mayProtect whether this worker may shield a process from the out-of-memory killer
 * @see <a href="https://github.com/opencontainers/runtime-spec/blob/main/config.md">the format</a>
 */
record RuncBundle(Stage stage, RuncFolder folder, int user, int groups, boolean mayProtect) {
    private static final int KIB = 1024;
    private static final int UMASK = 022;
    private static final int OWN_FILES = 64;

    private static final Json.Written MASKED =
            Json.once(
                    List.of(
                            "/proc/acpi",
                            "/proc/asound",
                            "/proc/kcore",
                            "/proc/keys",
                            "/proc/key-users",
                            "/proc/latency_stats",
                            "/proc/pressure",
                            "/proc/timer_list",
                            "/proc/timer_stats",
                            "/proc/sched_debug",
                            "/proc/scsi"));

    private static final Json.Written READ_ONLY =
            Json.once(
                    List.of(
                            "/proc/bus",
                            "/proc/fs",
                            "/proc/irq",
                            "/proc/sys",
                            "/proc/sysrq-trigger"));

    private static final Json.Written SECCOMP = Json.once(SyscallFilter.json());

    /** The network's is that in which runc is started. */
    private static final Json.Written NAMESPACES =
            Json.once(
                    Stream.of("pid", "ipc", "uts", "mount", "cgroup")
                            .filter(type -> Files.exists(Path.of("/proc/self/ns", name(type))))
                            .map(type -> Map.of("type", type))
                            .toList());

    /** Nobody in a box can make a device; where runc makes the group, it forbids their use too. */
    private static final Json.Written NO_DEVICES =
            Json.once(Map.of("devices", List.of(Map.of("allow", false, "access", "rwm"))));

    /** What the first process needs to start the program as its user and to end what is left. */
    private static final List<String> FIRST_PROCESS =
            List.of("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_CHOWN");

    /** What it needs besides to raise a program's score so that the program cannot lower it. */
    private static final List<String> PROTECTED =
            Stream.concat(FIRST_PROCESS.stream(), Stream.of("CAP_SYS_RESOURCE")).toList();

    String json() {
        return Json.write(
                Map.of(
                        "ociVersion",
                        "1.0.2",
                        "hostname",
                        BoxEtc.HOST_NAME,
                        "root",
                        Map.of("path", folder.root().toString(), "readonly", true),
                        "process",
                        process(),
                        "mounts",
                        mounts(),
                        "linux",
                        linux()));
    }

    private Map<String, Object> process() {
        var process = new HashMap<>(common());
        if (mayProtect) {
            // The program raises its own; the first process goes last.
            process.put("oomScoreAdj", -999);
        }
        return process;
    }

    private Map<String, Object> common() {
        return Map.of(
                "terminal",
                false,
                "user",
                Map.of("uid", 0, "gid", 0, "umask", UMASK),
                "args",
                arguments(),
                "env",
                List.of("PATH=/usr/bin:/bin"),
                "cwd",
                "/box",
                "noNewPrivileges",
                true,
                "capabilities",
                Map.of(
                        "bounding", capabilities(),
                        "effective", capabilities(),
                        "permitted", capabilities()),
                "rlimits",
                rlimits());
    }

    private List<String> capabilities() {
        return mayProtect ? PROTECTED : FIRST_PROCESS;
    }

    private List<String> arguments() {
        List<String> environment =
                stage.environment().entrySet().stream()
                        .map(variable -> variable.getKey() + "=" + variable.getValue())
                        .toList();
        return new FirstProcess(
                        user, stage.limits().maxOpenFiles(), groups, environment, stage.command())
                .arguments();
    }

    private List<Map<String, Object>> rlimits() {
        Limits limits = stage.limits();
        var all = new ArrayList<Map<String, Object>>();
        // runc and our first process need some; that one sets the program's own.
        all.add(rlimit("RLIMIT_NOFILE", Math.max(limits.maxOpenFiles(), OWN_FILES)));
        all.add(rlimit("RLIMIT_FSIZE", bytes(limits.maxFileSizeKib())));
        all.add(rlimit("RLIMIT_CORE", 0));
        all.add(rlimit("RLIMIT_MEMLOCK", 0));
        if (groups == 0) {
            all.add(rlimit("RLIMIT_AS", bytes(limits.memoryKib())));
            all.add(rlimit("RLIMIT_NPROC", limits.maxProcesses()));
        }
        return all;
    }

    private static long bytes(long kib) {
        return kib > Long.MAX_VALUE / KIB ? Long.MAX_VALUE : kib * KIB;
    }

    private static Map<String, Object> rlimit(String type, long value) {
        return Map.of("type", type, "hard", value, "soft", value);
    }

    private List<Map<String, Object>> mounts() {
        var all = new ArrayList<Map<String, Object>>();
        all.add(mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev", "hidepid=2"));
        all.add(mount("/dev", "tmpfs", "tmpfs", "nosuid", "mode=755", "size=64k"));
        all.add(bind(folder.scratch().shm(), "/dev/shm", true));
        all.add(bind(folder.scratch().tmp(), "/tmp", true));
        for (String system : Binds.SYSTEM) {
            if (Files.isDirectory(Path.of(system))) {
                all.add(bind(Path.of(system), system, false));
            }
        }
        all.add(bind(stage.workDirectory(), "/box", true));
        for (Bind bind : Binds.inOrder(stage)) {
            all.add(bind(bind.outside(), bind.inside(), bind.writable()));
        }
        return all;
    }

    private static Map<String, Object> bind(Path outside, String inside, boolean writable) {
        return mount(
                inside,
                "none",
                outside.toString(),
                "rbind",
                writable ? "rw" : "ro",
                "nosuid",
                "nodev");
    }

    private static Map<String, Object> mount(
            String place, String type, String source, String... options) {
        return Map.of(
                "destination", place, "type", type, "source", source, "options", List.of(options));
    }

    private Map<String, Object> linux() {
        var linux = new HashMap<String, Object>();
        linux.put("namespaces", NAMESPACES);
        linux.put("maskedPaths", MASKED);
        linux.put("readonlyPaths", READ_ONLY);
        linux.put("seccomp", SECCOMP);
        if (groups == 0) {
            linux.put("cgroupsPath", "");
            linux.put("resources", NO_DEVICES);
        }
        return linux;
    }

    private static String name(String type) {
        return type.equals("mount") ? "mnt" : type;
    }
}
