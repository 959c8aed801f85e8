package boxcar.process;

import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * A host name that only a thread and what it starts see (uts_namespaces(7)). Needs CAP_SYS_ADMIN.
 */
public final class PrivateHostName {
    private PrivateHostName() {}

    /** Gives the calling thread, which must be one of the system, a host name of its own. */
    public static void enter(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Libc.leaveHostName(arena, name);
        }
    }
}
