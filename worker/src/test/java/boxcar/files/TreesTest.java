package boxcar.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TreesTest {
    private static final byte[] TEXT = "hello".getBytes(UTF_8);

    private Path home = Path.of("unset");
    private Path root = Path.of("unset");

    @BeforeEach
    void makeRoot() throws IOException {
        home = Files.createTempDirectory("trees");
        root = Files.createDirectory(home.resolve("root"));
    }

    @AfterEach
    void deleteHome() throws IOException {
        Trees.delete(home);
    }

    @Test
    void aFileIsWrittenWithItsFoldersAndModes() throws IOException {
        Trees.write(root, "a/b/c", TEXT, false);
        Trees.write(root, "a/run", TEXT, true);

        assertArrayEquals(TEXT, Files.readAllBytes(root.resolve("a/b/c")));
        assertEquals("rw-r--r--", mode("a/b/c"));
        assertEquals("rwxr-xr-x", mode("a/run"));
        assertEquals("rwxr-xr-x", mode("a/b"));
    }

    @Test
    void aNameIsWrittenInUtf8WhateverTheLocale() throws Exception {
        Trees.write(root, "ä/☃", TEXT, false);

        run(
                "perl",
                "-e",
                "chdir shift; -s \"\\xc3\\xa4/\\xe2\\x98\\x83\" == 5 or die",
                root.toString());
        assertArrayEquals(
                TEXT, assertInstanceOf(Found.Content.class, Trees.read(root, "ä/☃", 5)).bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "\ud800"})
    void whatNoFileIsCalledIsRefused(String path) {
        IOException e = assertThrows(IOException.class, () -> Trees.write(root, path, TEXT, false));

        assertEquals("'" + path + "' is no path on this host", e.getMessage());
    }

    @Test
    void aNameThatIsTooLongIsRefusedInWords() {
        String path = "n".repeat(300);

        IOException e = assertThrows(IOException.class, () -> Trees.write(root, path, TEXT, false));

        assertEquals(path + ": File name too long", e.getMessage());
    }

    @Test
    void aLargeFileIsWrittenReadAndCopied() throws IOException {
        byte[] large = new byte[200_001];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31 / 8);
        }

        Trees.write(root, "large", large, false);
        Trees.copy(root, home.resolve("copy"));

        assertArrayEquals(
                large,
                assertInstanceOf(Found.Content.class, Trees.read(root, "large", 200_001)).bytes());
        assertArrayEquals(large, Files.readAllBytes(home.resolve("copy/large")));
    }

    @Test
    void aFolderOfManyFilesIsCopiedAndEmptied() throws IOException {
        for (int i = 0; i < 1000; i++) {
            Trees.write(root, "many/" + "n".repeat(40) + i, TEXT, false);
        }

        Trees.copy(root, home.resolve("copy"));
        Trees.empty(root);

        try (var copied = Files.list(home.resolve("copy/many"));
                var left = Files.list(root)) {
            assertEquals(1000, copied.count());
            assertEquals(0, left.count());
        }
    }

    @Test
    void aFileIsReplacedAndNotWrittenThroughItsOtherName() throws IOException {
        Path other = Files.write(home.resolve("other"), TEXT);
        Files.createLink(root.resolve("a"), other);

        Trees.write(root, "a", new byte[] {1}, false);

        assertArrayEquals(TEXT, Files.readAllBytes(other));
        assertArrayEquals(new byte[] {1}, Files.readAllBytes(root.resolve("a")));
    }

    @Test
    void aLinkInTheWayOfAWriteIsRefused() throws IOException {
        Files.createDirectory(home.resolve("outside"));
        Files.createSymbolicLink(root.resolve("folder"), home.resolve("outside"));
        Files.createSymbolicLink(root.resolve("file"), home.resolve("outside/target"));

        assertThrows(IOException.class, () -> Trees.write(root, "folder/x", TEXT, false));
        IOException e =
                assertThrows(IOException.class, () -> Trees.write(root, "file", TEXT, false));

        assertEquals("file is there already and is no regular file", e.getMessage());
        try (var left = Files.list(home.resolve("outside"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/x", "", "a/./../.."})
    void aPathThatLeavesTheRootIsRefused(String path) {
        assertThrows(IOException.class, () -> Trees.write(root, path, TEXT, false));
        assertThrows(IOException.class, () -> Trees.read(root, path, 100));
    }

    @Test
    void whatIsReadIsToldByItsKind() throws Exception {
        Trees.write(root, "d/file", TEXT, false);
        Files.createSymbolicLink(root.resolve("link"), root.resolve("d/file"));
        Files.createSymbolicLink(root.resolve("way"), root.resolve("d"));
        run("mkfifo", root.resolve("fifo").toString());

        assertArrayEquals(
                TEXT, assertInstanceOf(Found.Content.class, Trees.read(root, "d/file", 5)).bytes());
        assertEquals(new Found.TooLarge(5), Trees.read(root, "d/file", 4));
        assertEquals(new Found.Absent(), Trees.read(root, "d/none", 4));
        assertEquals(new Found.Absent(), Trees.read(root, "none/none", 4));
        for (String odd : List.of("link", "way/file", "d", "fifo", "d/file/x")) {
            assertEquals(new Found.NotRegular(), Trees.read(root, odd, 100), odd);
        }
    }

    @Test
    void aTreeWithClosedFoldersAndOddNamesIsDeleted() throws Exception {
        run(
                "perl",
                "-e",
                "chdir shift; mkdir 'closed', 0700; mkdir 'closed/in', 0; mkdir \"\\xff\\xfe\\n\";"
                        + " open F, '>', \"\\xff\\xfe\\n/\\x80\"; symlink '/', 'all'; mkdir 'none',"
                        + " 0",
                root.toString());

        Trees.delete(root);

        assertFalse(Files.exists(root, LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void namesThatAreNoTextAreGivenAndCopied() throws Exception {
        assumeTrue(isRoot(), "changing owners needs root");
        run(
                "perl",
                "-e",
                "chdir shift; mkdir \"\\xff\\n\"; open F, '>', \"\\xff\\n/\\x80\" or die;"
                        + " symlink \"\\xfe\", \"\\xff\\n/\\xfd\" or die",
                root.toString());

        Trees.giveTo(root, new Owner(61000, 61000));
        Trees.copy(root, home.resolve("copy"));

        run(
                "perl",
                "-e",
                "(stat \"$ARGV[0]/\\xff\\n/\\x80\")[4] == 61000 or die; chdir \"$ARGV[1]/\\xff\\n\" or"
                        + " die; -f \"\\x80\" or die; readlink(\"\\xfd\") eq \"\\xfe\" or die",
                root.toString(),
                home.resolve("copy").toString());
    }

    @Test
    void aRootThatIsNoTextIsThatRoot() throws Exception {
        run(
                "perl",
                "-e",
                "chdir shift; mkdir \"\\xff ?%\"; open F, '>', \"\\xff ?%/file\" or die; symlink"
                        + " \"\\xff ?%\", \"\\xfe\" or die",
                root.toString());
        List<Path> entries;
        try (var found = Files.list(root)) {
            entries = found.sorted().toList();
        }
        Path link = entries.getFirst();
        Path folder = entries.getLast();

        assertInstanceOf(Found.Content.class, Trees.read(folder, "file", 5));
        assertThrows(NotDirectoryException.class, () -> Trees.read(link, "file", 5));
        for (Path entry : entries) {
            Trees.delete(entry);
        }

        try (var left = Files.list(root)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void aRootThatIsALinkIsNotFollowed() throws IOException {
        Trees.write(root, "file", TEXT, false);
        Path link = Files.createSymbolicLink(home.resolve("link"), root);

        assertThrows(NotDirectoryException.class, () -> Trees.empty(link));
        assertThrows(NotDirectoryException.class, () -> Trees.copy(link, home.resolve("copy")));
        assertThrows(
                NotDirectoryException.class, () -> Trees.giveTo(link, new Owner(61000, 61000)));
        assertThrows(NotDirectoryException.class, () -> Trees.write(link, "other", TEXT, false));

        assertArrayEquals(TEXT, Files.readAllBytes(root.resolve("file")));
    }

    @Test
    void aFailureLeavesNoDescriptorOpen() throws IOException {
        Trees.write(root, "file", TEXT, false);
        assertThrows(IOException.class, () -> Trees.write(root, "file/x", TEXT, false));
        long before = descriptors();

        for (int i = 0; i < 50; i++) {
            assertThrows(IOException.class, () -> Trees.write(root, "file/x", TEXT, false));
            assertThrows(IOException.class, () -> Trees.write(root, "n".repeat(256), TEXT, false));
            assertThrows(IOException.class, () -> Trees.empty(root.resolve("file")));
            assertThrows(
                    IOException.class, () -> Trees.copyInto(root, home.resolve("no"), () -> false));
            assertEquals(new Found.Absent(), Trees.read(root, "none/x", 1));
        }

        assertTrue(descriptors() < before + 50, before + " before, " + descriptors() + " now");
    }

    private static long descriptors() throws IOException {
        try (var open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void setUidIsTakenFromAFileThatIsItsOwnersAlready() throws Exception {
        assumeTrue(isRoot(), "changing owners needs root");
        Trees.write(root, "tool", TEXT, true);
        run("chown", "61000:61001", root.resolve("tool").toString());
        run("chmod", "7755", root.resolve("tool").toString());

        Trees.giveTo(root, new Owner(61000, 61001));

        assertEquals(0755, (Integer) Files.getAttribute(root.resolve("tool"), "unix:mode") & 07777);
    }

    @Test
    void aTreeTooDeepToNameIsGivenCopiedAndDeleted() throws Exception {
        assumeTrue(isRoot(), "changing owners needs root");
        run(
                "perl",
                "-e",
                "chdir shift; for (1..4000) { mkdir 'a' x 200; chdir 'a' x 200 or die } open F,"
                        + " '>', 'f'; symlink 'x', 'l'",
                root.toString());

        Trees.giveTo(root, new Owner(61000, 61000));
        Trees.copy(root, home.resolve("copy"));
        run(
                "perl",
                "-e",
                "chdir shift; for (1..4000) { chdir 'a' x 200 or die } -f 'f' or die;"
                        + " readlink('l') eq 'x' or die",
                home.resolve("copy").toString());
        Trees.delete(root);
        Trees.delete(home.resolve("copy"));

        assertFalse(Files.exists(root));
        assertFalse(Files.exists(home.resolve("copy")));
    }

    @Test
    void deletingALinkLeavesWhatItPointsTo() throws IOException {
        Trees.write(root, "kept", TEXT, false);
        Path link = Files.createSymbolicLink(home.resolve("link"), root);

        Trees.delete(link);
        Trees.delete(home.resolve("nothing"));

        assertFalse(Files.exists(link, LinkOption.NOFOLLOW_LINKS));
        assertTrue(Files.exists(root.resolve("kept")));
    }

    @Test
    void aCopyHasFilesModesAndLinksButNoSpecialFiles() throws Exception {
        Trees.write(root, "d/run", TEXT, true);
        Trees.write(root, "d/plain", TEXT, false);
        Files.createSymbolicLink(root.resolve("d/link"), Path.of("/etc/shadow"));
        run("mkfifo", root.resolve("fifo").toString());
        Path copy = home.resolve("copy");

        Trees.copy(root, copy);

        assertArrayEquals(TEXT, Files.readAllBytes(copy.resolve("d/run")));
        assertTrue(Files.isExecutable(copy.resolve("d/run")));
        assertEquals(
                "rw-r--r--",
                PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(copy.resolve("d/plain"))));
        assertEquals(Path.of("/etc/shadow"), Files.readSymbolicLink(copy.resolve("d/link")));
        try (var names = Files.list(copy)) {
            assertEquals(List.of(copy.resolve("d")), names.toList());
        }
    }

    @Test
    void aTreeThatIsGivenHasNoSpecialFilesAndNoSetUidBits() throws Exception {
        assumeTrue(isRoot(), "changing owners needs root");
        Trees.write(root, "d/tool", TEXT, true);
        run("chmod", "6755", root.resolve("d/tool").toString());
        run("mkfifo", root.resolve("d/fifo").toString());
        run("mknod", root.resolve("d/null").toString(), "c", "1", "3");
        Path outside = Files.write(home.resolve("outside"), TEXT);
        Files.createSymbolicLink(root.resolve("d/link"), outside);

        Trees.giveTo(root, new Owner(61000, 61001));

        assertEquals(61000, Files.getAttribute(root.resolve("d"), "unix:uid"));
        assertEquals(61000, Files.getAttribute(root.resolve("d/tool"), "unix:uid"));
        assertEquals(61001, Files.getAttribute(root.resolve("d/tool"), "unix:gid"));
        assertEquals(
                0755, (Integer) Files.getAttribute(root.resolve("d/tool"), "unix:mode") & 07777);
        assertEquals(0, Files.getAttribute(outside, "unix:uid"));
        assertFalse(Files.exists(root.resolve("d/fifo"), LinkOption.NOFOLLOW_LINKS));
        assertFalse(Files.exists(root.resolve("d/null"), LinkOption.NOFOLLOW_LINKS));
    }

    private String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(path)));
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    }

    @Test
    void aCopyStopsSoonAfterItIsToldTo() throws Exception {
        for (int i = 0; i < 20; i++) {
            Files.writeString(root.resolve("f" + i), "x");
        }
        Path copy = Files.createDirectory(home.resolve("copy"));
        var asked = new AtomicInteger();

        assertFalse(Trees.copyInto(root, copy, () -> asked.incrementAndGet() > 5));

        try (var names = Files.list(copy)) {
            assertEquals(5, names.count());
        }
    }
}
