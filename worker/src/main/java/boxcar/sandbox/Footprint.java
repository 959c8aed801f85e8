package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the boxes of a range have on this host, held or not: for who watches that it does not grow.
 * Claims nothing and leaves all as it is.
 *
 * @param folders beside the locks
 * @param groups control groups, over all hierarchies
 * @param mounts below the locks' folder
 */
public record Footprint(long folders, long groups, long mounts) {
    private static final Pattern FOLDER = Pattern.compile("(\\d{1,7})\\.(box|runc|disks)");
    private static final Pattern GROUP = Pattern.compile("box-(\\d{1,7})");

    /** Counts what is there now. */
    public static Footprint of(SandboxSettings wanted) throws Fault {
        SandboxSettings range = wanted.resolved();
        try {
            long groups = 0;
            for (Path hierarchy : Cgroups.detect().all()) {
                groups += count(hierarchy, GROUP, range);
                groups += count(hierarchy.resolve(BoxGroups.PARENT), GROUP, range);
            }
            return new Footprint(count(range.locks(), FOLDER, range), groups, mounts(range));
        } catch (IOException | DirectoryIteratorException e) {
            throw Faults.box("cannot look for what boxes have", e);
        }
    }

    private static long count(Path folder, Pattern named, SandboxSettings range)
            throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        long count = 0;
        try (var entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                count += isIn(range, named.matcher(entry.getFileName().toString())) ? 1 : 0;
            }
        }
        return count;
    }

    private static boolean isIn(SandboxSettings range, Matcher name) {
        if (!name.matches()) {
            return false;
        }
        int box = Integer.parseInt(name.group(1));
        return box >= range.firstBox() && box <= range.lastBox();
    }

    private static long mounts(SandboxSettings range) throws IOException {
        String mounts =
                new String(
                        Files.readAllBytes(Path.of("/proc/self/mountinfo")),
                        StandardCharsets.ISO_8859_1);
        return mounts.lines()
                .map(line -> Path.of(line.split(" ", 6)[4]))
                .filter(mount -> mount.startsWith(range.locks()))
                .filter(mount -> mount.getNameCount() > range.locks().getNameCount())
                .map(mount -> mount.getName(range.locks().getNameCount()).toString())
                .filter(name -> isIn(range, FOLDER.matcher(name)))
                .count();
    }
}
