package boxcar.sandbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which system calls a program in a runc box may not make: those that reach what is not namespaced
 * (keys, io_uring, vsock), that make or enter namespaces, that look into other processes, or that
 * only an administrator needs. Everything else is allowed.
 *
 * <p>Unknown architectures are killed: only the host's own is listed, so 32-bit calls do not slip
 * past.
 */
final class SyscallFilter {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static final int EAFNOSUPPORT = 97;
    private static final int AF_VSOCK = 40;

    /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (linux/sched.h). */
    private static final List<Integer> NAMESPACES =
            List.of(
                    0x00020000,
                    0x02000000,
                    0x04000000,
                    0x08000000,
                    0x10000000,
                    0x20000000,
                    0x40000000);

    private static final List<String> FORBIDDEN =
            List.of(
                    "acct",
                    "add_key",
                    "adjtimex",
                    "bpf",
                    "clock_adjtime",
                    "clock_settime",
                    "delete_module",
                    "fanotify_init",
                    "finit_module",
                    "fsconfig",
                    "fsmount",
                    "fsopen",
                    "fspick",
                    "init_module",
                    "ioperm",
                    "iopl",
                    "kcmp",
                    "kexec_file_load",
                    "kexec_load",
                    "keyctl",
                    "lookup_dcookie",
                    "mount",
                    "mount_setattr",
                    "move_mount",
                    "move_pages",
                    "name_to_handle_at",
                    "open_by_handle_at",
                    "open_tree",
                    "perf_event_open",
                    "pidfd_getfd",
                    "pivot_root",
                    "process_madvise",
                    "process_vm_readv",
                    "process_vm_writev",
                    "ptrace",
                    "quotactl",
                    "quotactl_fd",
                    "reboot",
                    "request_key",
                    "setdomainname",
                    "sethostname",
                    "setns",
                    "settimeofday",
                    "swapoff",
                    "swapon",
                    "syslog",
                    "umount2",
                    "unshare",
                    "userfaultfd",
                    "vhangup");

    private static final List<String> ABSENT =
            List.of("clone3", "io_uring_enter", "io_uring_register", "io_uring_setup");

    private SyscallFilter() {}

    static Map<String, Object> json() {
        var rules = new ArrayList<Map<String, Object>>();
        rules.add(rule(FORBIDDEN, EPERM, List.of()));
        // The C library falls back to clone, whose flags can be looked at.
        rules.add(rule(ABSENT, ENOSYS, List.of()));
        for (int flag : NAMESPACES) {
            rules.add(
                    rule(
                            List.of("clone"),
                            EPERM,
                            List.of(
                                    Map.of(
                                            "index",
                                            0,
                                            "value",
                                            flag,
                                            "valueTwo",
                                            flag,
                                            "op",
                                            "SCMP_CMP_MASKED_EQ"))));
        }
        rules.add(
                rule(
                        List.of("socket"),
                        EAFNOSUPPORT,
                        List.of(Map.of("index", 0, "value", AF_VSOCK, "op", "SCMP_CMP_EQ"))));
        return Map.of(
                "defaultAction",
                "SCMP_ACT_ALLOW",
                "architectures",
                List.of(architecture()),
                "syscalls",
                rules);
    }

    private static String architecture() {
        return "aarch64".equals(System.getProperty("os.arch"))
                ? "SCMP_ARCH_AARCH64"
                : "SCMP_ARCH_X86_64";
    }

    private static Map<String, Object> rule(
            List<String> names, int errno, List<Map<String, Object>> args) {
        return Map.of("names", names, "action", "SCMP_ACT_ERRNO", "errnoRet", errno, "args", args);
    }
}
