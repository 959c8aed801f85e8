package boxcar.sandbox;

import boxcar.job.EtcEntries;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists what boxes get of the host's {@code /etc}. Only what every user of the host may read is
 * listed. A link stays a link where its target is in every box; a link to anything else is followed
 * once, and its target must be readable by every user, too.
 */
final class EtcListing {
    private static final Logger LOG = LoggerFactory.getLogger(EtcListing.class);
    private static final Path IN_A_BOX = Path.of("/etc");
    private static final Path STORE = Path.of("/nix/store");
    private static final int MOST_ENTRIES = 16_384;
    private static final long MOST_BYTES = 32L << 20;
    private static final int DEEPEST = 12;
    private static final String ATTRIBUTES = "unix:mode,size,lastModifiedTime";
    private static final int KIND = 0170000;
    private static final int LINK = 0120000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int OTHERS_READ = 04;
    private static final int OTHERS_ENTER = 01;
    private static final int ANYBODY_RUNS = 0111;

    /** One thing in a box's {@code /etc}. */
    sealed interface Entry {}

    record Directory() implements Entry {}

    record Link(String target) implements Entry {}

    /**
     * A copy of a file of the host.
     *
     * @param size with {@code modified} it tells whether the file is as it was
     */
    record Copy(Path source, long size, FileTime modified, boolean executable) implements Entry {}

    record Text(String content) implements Entry {}

    private final Path etc;
    private final EtcEntries wanted;
    private final SortedMap<String, Entry> entries = new TreeMap<>();
    private long bytes;
    private boolean leftOut;

    private EtcListing(Path etc, EtcEntries wanted) {
        this.etc = etc;
        this.wanted = wanted;
    }

    /**
     * By path below {@code /etc}, a directory before what is in it.
     *
     * @param etc the host's
     */
    static SortedMap<String, Entry> of(Path etc, EtcEntries wanted) {
        EtcListing listing = new EtcListing(etc, wanted);
        for (String pattern : wanted.patterns()) {
            listing.expand(Path.of(""), List.of(pattern.split("/", -1)));
        }
        if (listing.leftOut) {
            LOG.warn(
                    "box.etc names more than {} files or {} MiB; boxes get those that fit",
                    MOST_ENTRIES,
                    MOST_BYTES >> 20);
        }
        return listing.entries;
    }

    /** Finds the names that a pattern means, one part of it at a time. */
    private void expand(Path above, List<String> names) {
        for (Path found : children(etc.resolve(above), names.getFirst())) {
            Path relative = above.resolve(String.valueOf(found.getFileName()));
            try {
                if (names.size() == 1) {
                    add(relative, found, 0);
                } else if (Files.isDirectory(found) && isPublic(found.toRealPath())) {
                    directories(relative);
                    expand(relative, names.subList(1, names.size()));
                }
            } catch (IOException e) {
                LOG.debug("{} is left out of boxes: {}", found, e.toString());
            }
        }
    }

    private static List<Path> children(Path folder, String glob) {
        var found = new ArrayList<Path>();
        try (var stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(found::add);
            Collections.sort(found);
            return found;
        } catch (IOException | DirectoryIteratorException _) {
            return List.of();
        }
    }

    private void directories(Path relative) {
        for (Path at = relative; at != null && !at.toString().isEmpty(); at = at.getParent()) {
            entries.putIfAbsent(at.toString(), new Directory());
        }
    }

    /**
     * @param relative its path in the box's /etc
     * @param source what the host has
     */
    private void add(Path relative, Path source, int depth) {
        if (depth > DEEPEST
                || EtcEntries.OWN.contains(relative.toString())
                || EtcEntries.isSecret(relative.toString())
                || isSecret(source)) {
            return;
        }
        try {
            add(relative, source, Status.of(source), depth);
        } catch (IOException e) {
            LOG.debug("{} is left out of boxes: {}", source, e.toString());
        }
    }

    private void add(Path relative, Path source, Status status, int depth) throws IOException {
        switch (status.mode & KIND) {
            case LINK -> addLink(relative, source, depth);
            case DIRECTORY -> {
                if (allows(status.mode, OTHERS_READ | OTHERS_ENTER)) {
                    directories(relative);
                    for (Path child : children(source, "*")) {
                        add(relative.resolve(child.getFileName()), child, depth + 1);
                    }
                }
            }
            case REGULAR -> {
                if (allows(status.mode, OTHERS_READ)) {
                    addCopy(relative, source, status);
                }
            }
            default -> {
                // A FIFO, a socket or a device.
            }
        }
    }

    /** What the host tells of one file, links not followed. */
    private record Status(int mode, long size, FileTime modified) {
        static Status of(Path path) throws IOException {
            Map<String, Object> all =
                    Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            return new Status(
                    (Integer) Objects.requireNonNull(all.get("mode")),
                    (Long) Objects.requireNonNull(all.get("size")),
                    (FileTime) Objects.requireNonNull(all.get("lastModifiedTime")));
        }
    }

    private void addCopy(Path relative, Path source, Status status) {
        if (status.size > MOST_BYTES - bytes) {
            leftOut = true;
            return;
        }
        bytes += status.size;
        boolean executable = allows(status.mode, ANYBODY_RUNS);
        put(relative, new Copy(source, status.size, status.modified, executable));
    }

    private void put(Path relative, Entry entry) {
        if (entries.size() >= MOST_ENTRIES) {
            leftOut = true;
            return;
        }
        if (relative.getParent() != null) {
            directories(relative.getParent());
        }
        entries.put(relative.toString(), entry);
    }

    private void addLink(Path relative, Path source, int depth) throws IOException {
        Path next = source.resolveSibling(Files.readSymbolicLink(source)).normalize();
        if (isInEveryBox(next)) {
            put(relative, new Link(next.toString()));
            return;
        }
        if (next.startsWith(etc) && wanted.covers(etc.relativize(next))) {
            put(relative, new Link(IN_A_BOX.resolve(etc.relativize(next)).toString()));
            return;
        }
        Path real = source.toRealPath();
        if (isInEveryBox(real)) {
            put(relative, new Link(real.toString()));
        } else if (isPublic(real) && !leadsIntoEtc(real)) {
            add(relative, real, depth + 1);
        }
    }

    /** Whether it is a directory with files of /etc that are not asked for. */
    private boolean leadsIntoEtc(Path real) {
        return etc.startsWith(real) || (real.startsWith(etc) && Files.isDirectory(real));
    }

    private static boolean isInEveryBox(Path path) {
        return path.startsWith(STORE) || Binds.SYSTEM.stream().anyMatch(path::startsWith);
    }

    private boolean isSecret(Path real) {
        return EtcEntries.isSecret(
                real.startsWith(etc)
                        ? etc.relativize(real).toString()
                        : real.toString().substring(1));
    }

    /** Whether every user of the host gets there and may read it. */
    private static boolean isPublic(Path real) throws IOException {
        for (Path above = real.getParent(); above != null; above = above.getParent()) {
            if (!allows(Status.of(above).mode, OTHERS_ENTER)) {
                return false;
            }
        }
        return allows(Status.of(real).mode, OTHERS_READ);
    }

    private static boolean allows(int mode, int what) {
        return (mode & what) == what;
    }
}
