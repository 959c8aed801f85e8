package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Job.SourceFile;
import boxcar.job.Rejection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZipSourceTest {
    private static final JobRules.Caps CAPS = new JobRules.Caps(9, 9, 9, 9, 9, 9, 3, 2, 9, 9);

    /** An entry to be written; a mode of 0 is that of an archive from elsewhere than Unix. */
    private record Entry(String name, int mode, byte[] content) {
        Entry(String name, String content) {
            this(name, 0100644, content.getBytes(UTF_8));
        }
    }

    private static byte[] zip(Entry... entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(bytes)) {
            for (Entry entry : entries) {
                ZipArchiveEntry header = new ZipArchiveEntry(entry.name());
                if (entry.mode() != 0) {
                    header.setUnixMode(entry.mode());
                }
                out.putArchiveEntry(header);
                out.write(entry.content());
                out.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static List<SourceFile> unpack(byte[] zip) throws Refusal {
        return new ZipSource(new PathTree(), CAPS).unpack(ByteBuffer.wrap(zip));
    }

    private static String refused(byte[] zip) {
        return assertThrows(Refusal.class, () -> unpack(zip)).rejection().message();
    }

    @Test
    void filesAreUnpackedAndFoldersAreNot() throws Exception {
        List<SourceFile> files =
                unpack(
                        zip(
                                new Entry("src/", 040755, new byte[0]),
                                new Entry("src/é.c", "int"),
                                new Entry("run.sh", 0100755, new byte[] {'x', 0, -1})));
        assertEquals(List.of("src/é.c", "run.sh"), files.stream().map(SourceFile::path).toList());
        assertArrayEquals(new byte[] {'x', 0, -1}, files.getLast().content());
        assertFalse(files.getFirst().executable());
        assertTrue(files.getLast().executable());
        assertEquals("zip", files.getFirst().field());
    }

    @Test
    void anArchiveWithoutModesIsFine() throws Exception {
        assertEquals(1, unpack(zip(new Entry("a", 0, new byte[1]))).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"../a", "a/../b", "./a", "a//b", "a/..", "//a"})
    void aNameThatCouldLeaveIsRefused(String name) throws Exception {
        String message = refused(zip(new Entry(name, "x")));
        assertTrue(message.startsWith("zip must be a relative path of 1 to 1024 bytes"), message);
        assertTrue(message.endsWith("but is '" + name + "'"), message);
    }

    @Test
    void anAbsoluteNameIsRefused() throws Exception {
        byte[] zip = zip(new Entry("xetc", "x"));
        String message = refused(patched(zip, "xetc", "/etc"));
        assertTrue(message.endsWith("but is '/etc'"), message);
    }

    @Test
    void aBackslashIsRefused() throws Exception {
        byte[] zip = patched(zip(new Entry("a_b", 0, new byte[1])), "a_b", "a\\b");
        assertEquals("zip must have only names without backslashes, but has 'a\\b'", refused(zip));
    }

    /** The same archive with another text of the same length. */
    private static byte[] patched(byte[] zip, String from, String to) {
        return new String(zip, java.nio.charset.StandardCharsets.ISO_8859_1)
                .replace(from, to)
                .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void aNameThatIsNotUtf8IsRefused() throws Exception {
        String message = refused(patched(zip(new Entry("a_b", "x")), "a_b", "a\u00ffb"));
        assertTrue(message.startsWith("zip must have only names in UTF-8"), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0120777, 0020644, 0060644, 0010644, 0140755, 0040755})
    void whatIsNoPlainFileIsRefused(int mode) throws Exception {
        assertEquals(
                "zip must contain only files and folders, no links or devices, but has 'a'",
                refused(zip(new Entry("a", mode, "/etc/passwd".getBytes(UTF_8)))));
    }

    @Test
    void anEncryptedEntryIsRefused() throws Exception {
        byte[] zip = zip(new Entry("a", "x"));
        int central =
                new String(zip, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
        zip[central + 8] |= 1; // general purpose bit 0, APPNOTE.TXT 4.4.4
        assertEquals(
                "zip must contain only entries that are not encrypted, but has 'a'", refused(zip));
    }

    @Test
    void anotherCompressionIsRefused() throws Exception {
        byte[] zip = zip(new Entry("a", "x"));
        int central =
                new String(zip, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
        zip[central + 10] = 12; // bzip2
        assertEquals(
                "zip must contain only stored and deflated entries, but has 'a'", refused(zip));
    }

    @Test
    void entriesThatCollideAreRefused() throws Exception {
        assertEquals(
                "zip 'a' must not be given twice",
                refused(zip(new Entry("a", "1"), new Entry("a", "2"))));
        assertEquals(
                "zip 'a/b' must not be below another file of the job",
                refused(zip(new Entry("a", "1"), new Entry("a/b", "2"))));
        PathTree tree = new PathTree();
        tree.addFile("files[0].path", "a");
        byte[] zip = zip(new Entry("a", "1"));
        Refusal refusal =
                assertThrows(
                        Refusal.class,
                        () -> new ZipSource(tree, CAPS).unpack(ByteBuffer.wrap(zip)));
        assertEquals("zip 'a' must not be given twice", refusal.getMessage());
    }

    @Test
    void tooManyEntriesAreRefused() throws Exception {
        byte[] zip =
                zip(new Entry("a", ""), new Entry("b", ""), new Entry("c", ""), new Entry("d", ""));
        assertEquals("zip must have at most 3 entries, but has 4", refused(zip));
    }

    @Test
    void aBombIsRefusedByWhatItReallyUnpacksTo() throws Exception {
        byte[] bomb = zip(new Entry("a", "x".repeat(1024)), new Entry("b", "x".repeat(1025)));
        assertEquals("zip must unpack to at most 2 kilobytes", refused(bomb));
        assertEquals(
                2,
                unpack(zip(new Entry("a", "x".repeat(1024)), new Entry("b", "x".repeat(1024))))
                        .size());
        byte[] lying = zip(new Entry("a", "x".repeat(100_000)));
        int central =
                new String(lying, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
        lying[central + 24] = 1; // the size it claims
        lying[central + 25] = 0;
        lying[central + 26] = 0;
        assertEquals("zip must unpack to at most 2 kilobytes", refused(lying));
    }

    @Test
    void aDamagedEntryIsRefused() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream out = new ZipArchiveOutputStream(bytes)) {
            out.setMethod(ZipEntry.STORED);
            ZipArchiveEntry header = new ZipArchiveEntry("a");
            header.setSize(4);
            header.setCrc(0x9BE3E0A3L); // of "1234"
            out.putArchiveEntry(header);
            out.write("1234".getBytes(UTF_8));
            out.closeArchiveEntry();
        }
        assertEquals(1, unpack(bytes.toByteArray()).size());
        assertEquals(
                "zip must be a whole ZIP archive, but 'a' is damaged",
                refused(patched(bytes.toByteArray(), "1234", "1235")));
    }

    @Test
    void whatIsNoArchiveIsRefused() throws Exception {
        String message =
                "zip must be a whole ZIP archive, but its directory of entries is missing or damaged";
        assertEquals(message, refused("hello".getBytes(UTF_8)));
        assertEquals(message, refused(new byte[0]));
        byte[] whole = zip(new Entry("a", "1"));
        for (int length = 0; length < whole.length; length++) {
            assertEquals(message, refused(Arrays.copyOf(whole, length)), "cut at " + length);
        }
    }

    @Test
    void bytesThatAreDamagedAnywhereAreToldWithoutWordsOfOurs() throws Exception {
        byte[] whole = zip(new Entry("a", "1".repeat(99)), new Entry("b/c", "2"));
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] = (byte) ~damaged[at];
            try {
                assertNotNull(unpack(damaged));
            } catch (Refusal e) {
                String message = String.valueOf(e.getMessage());
                assertFalse(message.matches(".*(java|apache|Exception|null).*"), message);
                assertNotEquals(Rejection.Code.OTHER, e.rejection().code());
            }
        }
    }

    @Test
    void anArchiveWithoutAFileIsRefused() throws Exception {
        assertEquals("zip must contain at least one file", refused(zip()));
    }
}
