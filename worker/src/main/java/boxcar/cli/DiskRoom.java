package boxcar.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Whether the disk of a folder has room. One that was full must have clearly more than the least
 * before it has room again: what a failed job gives back would else pass for room, and job after
 * job would meet the full disk until its deliveries are used up.
 *
 * @param least bytes that must be free; with fewer than {@link #FLOOR} nothing useful can be
 *     written
 */
record DiskRoom(Path folder, long least) {
    /** A result, and the files of a runtime. */
    static final long FLOOR = 1 << 20;

    /** More than one job takes of the state folder: its files are in memory. */
    static final long MORE = 8 << 20;

    private static final int PART_OF_A_SMALL_DISK = 8;

    DiskRoom {
        least = Math.max(least, FLOOR);
    }

    /**
     * @param wasFull the last look found no room, or could not write
     */
    boolean isFull(boolean wasFull) throws IOException {
        // Not of a FileStore, which reads all mounts of the host each time it is asked for.
        File disk = folder.toFile();
        long total = disk.getTotalSpace();
        if (total == 0) {
            throw new IOException("the room on its disk cannot be told");
        }
        long more = wasFull ? Math.min(MORE, total / PART_OF_A_SMALL_DISK) : 0;
        return disk.getUsableSpace() < least + more;
    }
}
