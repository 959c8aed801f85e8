package boxcar.cli;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A state folder belongs to one worker: an operating-system lock says so, and dies with its holder.
 */
final class StateLock {
    private StateLock() {}

    /**
     * Takes the folder.
     *
     * @return gives it back
     * @throws Fault if another worker has it, or it cannot be made
     */
    @SuppressWarnings("resource") // the channel is what is returned
    static AutoCloseable take(Path state) throws Fault {
        try {
            Files.createDirectories(state);
            // Results and programs of others' jobs are in it: nobody but us has business there.
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx------"));
            FileChannel channel =
                    FileChannel.open(
                            state.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            boolean ours = false;
            try {
                ours = locked(channel);
            } finally {
                if (!ours) {
                    channel.close();
                }
            }
            if (!ours) {
                throw new Fault(
                        "state",
                        Fault.Next.GIVE_UP,
                        "another worker uses "
                                + state
                                + "; give each its own with the key 'state' (BOXCAR_STATE)");
            }
            return channel;
        } catch (IOException e) {
            throw new Fault("state", Fault.Next.GIVE_UP, "cannot use the state folder " + state, e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }
}
