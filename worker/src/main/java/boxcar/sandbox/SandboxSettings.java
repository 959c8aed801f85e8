package boxcar.sandbox;

import boxcar.job.EtcEntries;
import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which engine to use and which boxes are ours to claim.
 *
 * @param isolate isolate's program, a name looked up in PATH or a path
 * @param runc runc's program, likewise
 * @param firstBox lowest number of the range that the replicas of this host share
 * @param lastBox highest number, inclusive, below 2²³; the range must fit isolate's {@code
 *     num_boxes} (1000 unless configured)
 * @param boxes how many boxes this replica wants, that is, stages at once
 * @param locks a folder that all replicas of this host share, gone after a reboot
 * @param diskKib what the files of one work directory may hold together
 * @param etc what boxes see of this host's /etc
 */
public record SandboxSettings(
        Choice engine,
        String isolate,
        String runc,
        int firstBox,
        int lastBox,
        int boxes,
        Path locks,
        long diskKib,
        EtcEntries etc) {
    /** Where replicas of one host share their claims unless told otherwise. */
    public static final Path DEFAULT_LOCKS = Path.of("/run/boxcar/boxes");

    private static final long DEFAULT_DISK_KIB = 256 * 1024;
    private static final int CEILING = 1 << 23;

    public SandboxSettings {
        if (firstBox < 0 || lastBox < firstBox || lastBox >= CEILING) {
            throw new IllegalArgumentException(
                    "box range %d to %d must lie within 0 to %d"
                            .formatted(firstBox, lastBox, CEILING - 1));
        }
        if (diskKib < 1) {
            throw new IllegalArgumentException("diskKib must be at least 1, but is " + diskKib);
        }
        if (boxes < 1) {
            throw new IllegalArgumentException("boxes must be at least 1, but is " + boxes);
        }
        locks = locks.toAbsolutePath();
    }

    /** With the usual /etc. */
    public SandboxSettings(
            Choice engine,
            String isolate,
            String runc,
            int firstBox,
            int lastBox,
            int boxes,
            Path locks,
            long diskKib) {
        this(engine, isolate, runc, firstBox, lastBox, boxes, locks, diskKib, EtcEntries.STANDARD);
    }

    /** With the usual room in a work directory. */
    public SandboxSettings(
            Choice engine,
            String isolate,
            String runc,
            int firstBox,
            int lastBox,
            int boxes,
            Path locks) {
        this(engine, isolate, runc, firstBox, lastBox, boxes, locks, DEFAULT_DISK_KIB);
    }

    /** With its folders made, and links on the way to the locks resolved: mounts are told so. */
    SandboxSettings resolved() throws Fault {
        try {
            Files.createDirectories(locks);
            return new SandboxSettings(
                    engine,
                    isolate,
                    runc,
                    firstBox,
                    lastBox,
                    boxes,
                    locks.toRealPath(),
                    diskKib,
                    etc);
        } catch (IOException e) {
            throw Faults.box("cannot make the folders of the sandbox", e);
        }
    }

    SandboxSettings with(Choice other, int count) {
        return new SandboxSettings(
                other, isolate, runc, firstBox, lastBox, count, locks, diskKib, etc);
    }

    /** Which engine. */
    public enum Choice {
        /** isolate where it works, else runc. */
        AUTO,
        ISOLATE,
        RUNC
    }
}
