package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts as they are, told by a folder that looks like their root. */
class GroupAdviceTest {
    private static final String VERSION_2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";

    @TempDir private Path root;

    private void file(String path, String text) throws Exception {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** A host with systemd, and control groups of version 2 only. */
    private void systemd() throws Exception {
        file("proc/self/mounts", VERSION_2);
        file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
        Files.createDirectories(root.resolve("run/systemd/system"));
    }

    private String isolate() {
        GroupAdvice advice = GroupAdvice.find(root, "isolate");
        return advice.why() + " | " + advice.mend();
    }

    private String runc() {
        GroupAdvice advice = GroupAdvice.find(root, "runc");
        return advice.why() + " | " + advice.mend();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "etc/systemd/system",
                "usr/lib/systemd/system",
                "lib/systemd/system",
                "usr/local/lib/systemd/system"
            })
    void aKeeperThatIsStoppedIsToBeStarted(String units) throws Exception {
        systemd();
        file(units + "/isolate.service", "[Unit]\n");
        // What it wrote when it ran stays.
        file("run/isolate/cgroup", "/sys/fs/cgroup/isolate.slice/isolate.service\n");

        assertEquals(
                "isolate's keeper of control groups (isolate.service) is installed but does not run"
                        + " | systemctl enable --now isolate.service, then start the worker anew",
                isolate());
    }

    @Test
    void aKeeperThatIsNotInstalledIsToBeInstalled() throws Exception {
        systemd();

        assertTrue(
                isolate()
                        .startsWith(
                                "isolate's keeper of control groups (isolate.service) is not"
                                        + " installed | install isolate from"),
                isolate());
    }

    @Test
    void aKeeperThatRunsIsNotToBeStarted() throws Exception {
        systemd();
        file("usr/lib/systemd/system/isolate.service", "[Unit]\n");
        file("run/isolate/cgroup", "/sys/fs/cgroup/isolate.slice/isolate.service\n");
        Files.createDirectories(root.resolve("sys/fs/cgroup/isolate.slice/isolate.service/daemon"));

        assertEquals(
                "isolate.service runs, but isolate cannot use its control group | see what"
                        + " isolate-check-environment says; then: systemctl restart isolate.service",
                isolate());
    }

    @Test
    void aContainerWhoseGroupsNobodyPreparedIsToBeginWithTheEntrypoint() throws Exception {
        file("proc/self/mounts", VERSION_2);
        file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");

        assertTrue(isolate().contains("nobody has prepared"), isolate());
        assertTrue(isolate().contains("--privileged --cgroupns=private"), isolate());
        assertTrue(isolate().endsWith("cg_root = /sys/fs/cgroup/isolate in its configuration"));
        assertTrue(runc().endsWith("and its worker by ops/entrypoint"), runc());
        assertFalse(isolate().contains("--cgroupns=host"));
    }

    @Test
    void groupsThatAreReadOnlyWantAPrivilegedContainer() throws Exception {
        file("proc/self/mounts", "cgroup /sys/fs/cgroup cgroup2 ro,nosuid 0 0\n");
        file("sys/fs/cgroup/cgroup.controllers", "memory pids\n");

        assertTrue(isolate().startsWith("the control groups are mounted read-only | run the"));
    }

    @Test
    void aMemoryControllerThatIsNotThereIsNamed() throws Exception {
        systemd();
        file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io pids\n");

        assertTrue(isolate().startsWith("the control groups (version 2) have no memory"));
    }

    @Test
    void aHostOfVersionOneIsNotToldOfAKeeper() throws Exception {
        file(
                "proc/self/mounts",
                """
                cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
                cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
                """);

        assertTrue(isolate().startsWith("the control groups are of version 1, and isolate"));
        assertTrue(isolate().contains("isolate-check-environment"), isolate());
    }

    @Test
    void aHostWithoutControlGroupsIsToMountThem() throws Exception {
        file("proc/self/mounts", "proc /proc proc rw 0 0\n");

        assertTrue(
                isolate()
                        .startsWith(
                                "no control groups with a memory controller are mounted | mount"
                                        + " them"),
                isolate());
    }
}
