package boxcar.sandbox;

import static boxcar.process.CallFilter.number;

import boxcar.process.CallFilter;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The system calls that an engine cannot make, and so no program in its boxes: those that reach
 * what no namespace parts, or that make the kernel do much for little. The filter is installed in
 * the thread that starts the engine. It holds for isolate 1, which has no filter, adds to that of
 * isolate 2, and knows by number what runc's library may not know by name.
 *
 * <p>What an engine itself needs is not among them: mounts, namespaces, identities.
 */
final class ClosedCalls {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    /**
     * removexattrat, of Linux 6.13. What came later, as open_tree_attr (467), was not looked at.
     */
    private static final int LAST = 466;

    /** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK: what programs use within their own namespace. */
    private static final Set<Integer> FAMILIES = Set.of(1, 2, 10, 16);

    /** FS_IOC_ADD_ENCRYPTION_KEY: a key of the file system would outlive the box. */
    private static final Set<Integer> IOCTLS = Set.of(0xC050_6617);

    private ClosedCalls() {}

    static CallFilter ofIsolate() {
        SortedMap<Integer, Integer> calls = ofBoth();
        calls.put(number(321, 280), EPERM); // bpf
        // Keys belong to a user, and outlive its processes (keyrings(7)).
        calls.put(number(248, 217), EPERM); // add_key
        calls.put(number(249, 218), EPERM); // request_key
        calls.put(number(250, 219), EPERM); // keyctl
        return filter(calls);
    }

    /** runc makes a keyring, and a program of bpf against devices; it refuses both to programs. */
    static CallFilter ofRunc() {
        return filter(ofBoth());
    }

    private static CallFilter filter(SortedMap<Integer, Integer> calls) {
        return new CallFilter(calls, LAST, FAMILIES, IOCTLS);
    }

    private static SortedMap<Integer, Integer> ofBoth() {
        var calls = new TreeMap<Integer, Integer>();
        calls.put(number(103, 116), EPERM); // syslog
        calls.put(number(163, 89), EPERM); // acct
        calls.put(number(175, 105), EPERM); // init_module
        calls.put(number(176, 106), EPERM); // delete_module
        calls.put(number(212, 18), EPERM); // lookup_dcookie
        calls.put(number(246, 104), EPERM); // kexec_load
        calls.put(number(298, 241), EPERM); // perf_event_open
        calls.put(number(300, 262), EPERM); // fanotify_init
        calls.put(number(303, 264), EPERM); // name_to_handle_at
        calls.put(number(304, 265), EPERM); // open_by_handle_at
        calls.put(number(312, 272), EPERM); // kcmp
        calls.put(number(313, 273), EPERM); // finit_module
        calls.put(number(320, 294), EPERM); // kexec_file_load
        calls.put(number(323, 282), EPERM); // userfaultfd
        calls.put(438, EPERM); // pidfd_getfd
        calls.put(447, EPERM); // memfd_secret
        // Programs that would use them do without where they are unknown.
        calls.put(425, ENOSYS); // io_uring_setup
        calls.put(426, ENOSYS); // io_uring_enter
        calls.put(427, ENOSYS); // io_uring_register
        calls.put(451, ENOSYS); // cachestat
        return calls;
    }
}
