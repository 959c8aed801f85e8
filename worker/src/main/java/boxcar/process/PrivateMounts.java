package boxcar.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Starts processes in a mount namespace of their own, in which some of the host's mounts are
 * read-only (mount_namespaces(7)). Needs CAP_SYS_ADMIN. Safe for many threads.
 *
 * @param readOnly where they are mounted
 */
public record PrivateMounts(List<Path> readOnly) {
    public PrivateMounts {
        readOnly = List.copyOf(readOnly);
    }

    /**
     * Starts a process, in a thread for that alone: the way back from a mount namespace would need
     * another capability. In all else it is born as if the calling thread had started it.
     *
     * @throws IOException as the call does, or if the namespace cannot be made
     */
    public int within(OsProcess.Call call) throws IOException {
        var answer = new CompletableFuture<Integer>();
        Thread.ofPlatform()
                .daemon()
                .name("mounts")
                .start(() -> {
                    try {
                        leave();
                        answer.complete(call.run());
                    } catch (Throwable e) {
                        answer.completeExceptionally(e);
                    }
                });
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    /** Of what is done here the host is to see nothing. */
    private void leave() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Libc.leaveMounts(arena);
            Libc.changeMount(arena, "/", Libc.MOUNTS_BELOW | Libc.FOLLOWING_ONLY);
            for (Path mount : readOnly) {
                Libc.changeMount(arena, mount.toString(), Libc.READ_ONLY_ANEW_HERE);
            }
        }
    }
}
