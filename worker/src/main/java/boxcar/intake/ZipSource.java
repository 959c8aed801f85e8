package boxcar.intake;

import static boxcar.job.Rejection.Code.ABOVE_MAXIMUM;
import static boxcar.job.Rejection.Code.BAD_ARCHIVE;

import boxcar.job.Job.SourceFile;
import boxcar.job.Rejection;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/**
 * Unpacks a job's ZIP archive in memory, trusting nothing that it says: sizes are counted while
 * inflating, names are taken from the central directory alone and checked like any path, and what
 * is no plain file or folder is refused.
 */
final class ZipSource {
    private static final String FIELD = "zip";
    private static final int TYPE_BITS = 0170000;
    private static final int REGULAR = 0100000;
    private static final int FOLDER = 0040000;
    private static final int OWNER_MAY_EXECUTE = 0100;

    private final PathTree tree;
    private final JobRules.Caps caps;
    private long left;

    ZipSource(PathTree tree, JobRules.Caps caps) {
        this.tree = tree;
        this.caps = caps;
        this.left = caps.zipKib() * 1024L;
    }

    List<SourceFile> unpack(ByteBuffer zip) throws Refusal {
        byte[] bytes = new byte[zip.remaining()];
        zip.duplicate().get(bytes);
        try (SeekableByteChannel channel = new SeekableInMemoryByteChannel(bytes);
                ZipFile archive =
                        ZipFile.builder()
                                .setSeekableByteChannel(channel)
                                .setUseUnicodeExtraFields(false)
                                .setIgnoreLocalFileHeader(true)
                                .get()) {
            return entries(archive);
        } catch (IOException | RuntimeException _) {
            // The library throws unchecked exceptions too, and its messages name Java's classes.
            throw damaged("its directory of entries is missing or damaged");
        }
    }

    private static Refusal damaged(String how) {
        String bound = "must be a whole ZIP archive";
        return new Refusal(
                new Rejection(BAD_ARCHIVE, FIELD, null, bound)
                        .saying(FIELD + " " + bound + ", but " + how));
    }

    private static Refusal refused(String name, String bound) {
        return Refusal.having(BAD_ARCHIVE, FIELD, name, bound);
    }

    private List<SourceFile> entries(ZipFile archive) throws IOException, Refusal {
        List<ZipArchiveEntry> entries = Collections.list(archive.getEntries());
        TextRules.atMost(FIELD, entries.size(), caps.zipEntries(), "entries");
        List<SourceFile> files = new ArrayList<>();
        for (ZipArchiveEntry entry : entries) {
            String name = name(entry);
            refuseOddities(entry, name);
            if (name.endsWith("/")) {
                tree.addFolder(FIELD, name.substring(0, name.length() - 1));
            } else {
                tree.addFile(FIELD, name);
                files.add(new SourceFile(name, content(archive, entry), mayRun(entry), FIELD));
            }
        }
        if (files.isEmpty()) {
            throw Refusal.of(BAD_ARCHIVE, FIELD, "must contain at least one file");
        }
        return files;
    }

    /** The name as it stands in the archive: the library turns backslashes into slashes. */
    private static String name(ZipArchiveEntry entry) throws Refusal {
        String name =
                Utf8.decode(ByteBuffer.wrap(entry.getRawName()))
                        .orElseThrow(
                                () -> refused(entry.getName(), "must have only names in UTF-8"));
        if (name.indexOf('\\') >= 0) {
            throw refused(name, "must have only names without backslashes");
        }
        return name;
    }

    private static void refuseOddities(ZipArchiveEntry entry, String name) throws Refusal {
        int type = entry.getUnixMode() & TYPE_BITS;
        if (type != 0 && type != (name.endsWith("/") ? FOLDER : REGULAR)) {
            throw refused(name, "must contain only files and folders, no links or devices");
        }
        if (entry.getGeneralPurposeBit().usesEncryption()) {
            throw refused(name, "must contain only entries that are not encrypted");
        }
        if (entry.getMethod() != ZipEntry.STORED && entry.getMethod() != ZipEntry.DEFLATED) {
            throw refused(name, "must contain only stored and deflated entries");
        }
    }

    private static boolean mayRun(ZipArchiveEntry entry) {
        return (entry.getUnixMode() & OWNER_MAY_EXECUTE) != 0;
    }

    /** Reads no more than is still allowed, and one byte more to know that there was more. */
    private byte[] content(ZipFile archive, ZipArchiveEntry entry) throws Refusal {
        try (InputStream in = archive.getInputStream(entry)) {
            byte[] content = in.readNBytes((int) Math.min(left + 1, Integer.MAX_VALUE - 8));
            left -= content.length;
            if (left < 0) {
                throw new Refusal(
                        new Rejection(
                                        ABOVE_MAXIMUM,
                                        FIELD,
                                        null,
                                        "must unpack to at most " + caps.zipKib() + " kilobytes")
                                .within(Rejection.Range.upTo(caps.zipKib(), "kilobytes")));
            }
            CRC32 crc = new CRC32();
            crc.update(content);
            if (crc.getValue() != entry.getCrc()) {
                throw damaged("'" + entry.getName() + "' is damaged");
            }
            return content;
        } catch (IOException | RuntimeException _) {
            throw damaged("'" + entry.getName() + "' is damaged");
        }
    }
}
