package boxcar.cli;

import boxcar.sandbox.IsolateKeeper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Why boxes have no control groups on this host, and how to give them some. Reads what the kernel
 * and systemd have set up, and changes nothing.
 *
 * @param why the cause, for people
 * @param mend what to do
 */
record GroupAdvice(String why, String mend) {
    private static final String IN_CONTAINER =
            "run the container with --privileged --cgroupns=private, and its worker by"
                    + " ops/entrypoint";

    /**
     * Of an engine that does not use control groups, or fails where it makes one.
     *
     * @param root the root folder, or a test's
     * @param engine {@code isolate} or {@code runc}
     */
    static GroupAdvice find(Path root, String engine) {
        List<String[]> mounts = mounts(root.resolve("proc/self/mounts"));
        Optional<String[]> unified =
                mounts.stream().filter(mount -> mount[2].equals("cgroup2")).findFirst();
        if (hasVersionOne(mounts)) {
            return engine.equals("isolate")
                    ? new GroupAdvice(
                            "the control groups are of version 1, and isolate cannot use them as it"
                                    + " is configured",
                            "see what isolate-check-environment says; isolate 2 wants cg_root in"
                                    + " its configuration to name a group, and cgroup v2 with its"
                                    + " keeper is better")
                    : new GroupAdvice(
                            "the control groups are of version 1, and runc failed with them",
                            "see what it says above, and: runc --debug");
        }
        if (unified.isEmpty()) {
            return new GroupAdvice(
                    "no control groups with a memory controller are mounted",
                    "mount them: mount -t cgroup2 none /sys/fs/cgroup; in a container: "
                            + IN_CONTAINER);
        }
        return ofVersionTwo(root, unified.get(), engine);
    }

    private static GroupAdvice ofVersionTwo(Path root, String[] mount, String engine) {
        Path groups = root.resolve(mount[1].substring(1));
        if (!words(groups.resolve("cgroup.controllers")).contains("memory")) {
            return new GroupAdvice(
                    "the control groups (version 2) have no memory controller here",
                    "start the kernel with cgroup_enable=memory; in a container or a delegated"
                            + " group, let whoever made it delegate memory and pids");
        }
        if (Arrays.asList(mount[3].split(",", -1)).contains("ro")) {
            return new GroupAdvice("the control groups are mounted read-only", IN_CONTAINER);
        }
        if (Files.isDirectory(root.resolve("run/systemd/system"))) {
            return engine.equals("isolate")
                    ? ofSystemd(root)
                    : new GroupAdvice(
                            "runc cannot make its groups",
                            "see what it says above; a service of systemd needs Delegate=yes");
        }
        return new GroupAdvice(
                "nobody has prepared the control groups of this container: a group that holds"
                        + " processes cannot give its children a memory limit",
                IN_CONTAINER
                        + (engine.equals("isolate")
                                ? "; isolate wants cg_root = /sys/fs/cgroup/isolate in its"
                                        + " configuration"
                                : ""));
    }

    /** There a service of isolate's keeps the groups of its boxes. */
    private static GroupAdvice ofSystemd(Path root) {
        if (!IsolateKeeper.isInstalled(root)) {
            return new GroupAdvice(
                    "isolate's keeper of control groups (isolate.service) is not installed",
                    "install isolate from its authors' package, or by make install in its sources;"
                            + " then: systemctl enable --now isolate.service");
        }
        if (!keeperRuns(root)) {
            return new GroupAdvice(
                    "isolate's keeper of control groups (isolate.service) is installed but does not"
                            + " run",
                    "systemctl enable --now isolate.service, then start the worker anew");
        }
        return new GroupAdvice(
                "isolate.service runs, but isolate cannot use its control group",
                "see what isolate-check-environment says; then: systemctl restart isolate.service");
    }

    /** The keeper writes which group it keeps; systemd removes that group when it ends. */
    private static boolean keeperRuns(Path root) {
        String group = text(root.resolve("run/isolate/cgroup")).strip();
        return group.startsWith("/") && Files.isDirectory(root.resolve(group.substring(1)));
    }

    private static boolean hasVersionOne(List<String[]> mounts) {
        return mounts.stream()
                .anyMatch(mount ->
                        mount[2].equals("cgroup")
                                && Arrays.asList(mount[3].split(",", -1)).contains("memory"));
    }

    private static List<String[]> mounts(Path file) {
        return text(file)
                .lines()
                .map(line -> line.split(" ", -1))
                .filter(parts -> parts.length > 3)
                .toList();
    }

    private static List<String> words(Path file) {
        return List.of(text(file).strip().split(" ", -1));
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            // It is not there, which is an answer.
            return "";
        }
    }
}
