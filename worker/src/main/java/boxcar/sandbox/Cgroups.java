package boxcar.sandbox;

import boxcar.job.Fault;
import boxcar.job.Sandbox.MemoryLimit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The control group hierarchies of this host.
 *
 * @param version {@code v1}, {@code v2}, or {@code none} if the controllers that we need are absent
 * @param memory where the memory controller is mounted
 * @param cpu where CPU time is accounted
 * @param pids where processes are counted
 * @param all every hierarchy, for sweeping
 */
record Cgroups(String version, Path memory, Path cpu, Path pids, List<Path> all) {
    private static final Path ABSENT = Path.of("/nonexistent");

    static Cgroups detect() throws Fault {
        var v1 = new LinkedHashMap<String, Path>();
        var v2 = new ArrayList<Path>();
        var all = new ArrayList<Path>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
                String[] parts = line.split(" ", -1);
                Path mounted = Path.of(parts[1]);
                if (parts[2].equals("cgroup2")) {
                    v2.add(mounted);
                    all.add(mounted);
                } else if (parts[2].equals("cgroup")) {
                    all.add(mounted);
                    for (String option : parts[3].split(",", -1)) {
                        v1.putIfAbsent(option, mounted);
                    }
                }
            }
            return choose(v1, v2, all);
        } catch (IOException e) {
            throw Faults.sandbox("cannot read the host's control groups", e);
        }
    }

    private static Cgroups choose(Map<String, Path> v1, List<Path> v2, List<Path> all)
            throws IOException {
        Path memory = v1.get("memory");
        Path cpu = v1.get("cpuacct");
        Path pids = v1.get("pids");
        if (memory != null && cpu != null && pids != null) {
            return new Cgroups("v1", memory, cpu, pids, all);
        }
        for (Path root : v2) {
            String controllers = Files.readString(root.resolve("cgroup.controllers"));
            if (controllers.contains("memory") && controllers.contains("pids")) {
                return new Cgroups("v2", root, root, root, all);
            }
        }
        return new Cgroups("none", ABSENT, ABSENT, ABSENT, all);
    }

    boolean present() {
        return !version.equals("none");
    }

    MemoryLimit memoryLimit() {
        return present() ? MemoryLimit.GROUP : MemoryLimit.ADDRESS_SPACE;
    }

    /** Whether a single thread can join a group, which holds up nobody else. */
    boolean ofThreads() {
        return version.equals("v1");
    }

    /**
     * Makes a group that holds groups and no process, with all that is above it. Version 2 gives a
     * group no controllers unless its parent hands them down (cgroups(7),
     * "cgroup.subtree_control").
     */
    void makeParent(String name) throws IOException {
        for (Path root : new Path[] {memory, cpu, pids}) {
            Files.createDirectories(root.resolve(name));
        }
        if (!ofThreads()) {
            handDown(memory);
            Path group = memory;
            for (Path part : Path.of(name)) {
                group = group.resolve(part);
                handDown(group);
            }
        }
    }

    private static void handDown(Path group) throws IOException {
        Files.writeString(
                group.resolve("cgroup.subtree_control"), "+memory +pids", StandardOpenOption.WRITE);
    }

    /** Kills what is in the group and below, in every hierarchy, and removes it. */
    void sweep(String name) throws Fault, InterruptedException {
        for (Path root : all) {
            sweep(root.resolve(name));
        }
    }

    private static void sweep(Path group) throws Fault, InterruptedException {
        for (int round = 0; Files.isDirectory(group); round++) {
            try {
                for (Path child : below(group)) {
                    sweep(child);
                }
                for (String pid : lines(group.resolve("cgroup.procs"))) {
                    ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
                }
                Files.deleteIfExists(group);
            } catch (IOException e) {
                // Busy while processes are dying.
                if (round > 300) {
                    throw Faults.box("control group " + group + " cannot be removed", e);
                }
                Thread.sleep(10);
            }
        }
    }

    private static List<Path> below(Path group) throws IOException {
        try (var folders = Files.newDirectoryStream(group, Files::isDirectory)) {
            var found = new ArrayList<Path>();
            folders.forEach(found::add);
            return found;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).lines().toList();
    }

    /** Removes our parent group where nobody is in it any more. */
    void removeIfEmpty(String name) {
        for (Path root : all) {
            try {
                Files.deleteIfExists(root.resolve(name));
            } catch (IOException _) {
                // Another replica has boxes there.
            }
        }
    }
}
