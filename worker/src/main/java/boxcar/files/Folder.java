package boxcar.files;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * An open folder: what is in it is reached through its descriptor, never by a path from the root.
 * Names keep the bytes that the kernel gave, whatever the locale. For one thread.
 */
final class Folder implements AutoCloseable {
    private static final Path UP = Path.of("..");

    private final SecureDirectoryStream<Path> stream;

    private Folder(SecureDirectoryStream<Path> stream) {
        this.stream = stream;
    }

    /**
     * @throws NotDirectoryException if the last part of the path is a symbolic link or no folder
     */
    static Folder open(Path path) throws IOException {
        Path absolute = path.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null) {
            return new Folder(secure(absolute));
        }
        try (var above = new Folder(secure(parent))) {
            return above.enter(absolute.getFileName());
        }
    }

    @SuppressWarnings({"unchecked", "StreamResourceLeak"}) // The Folder closes it.
    private static SecureDirectoryStream<Path> secure(Path path) throws IOException {
        var stream = Files.newDirectoryStream(path);
        if (stream instanceof SecureDirectoryStream<?> secure) {
            return (SecureDirectoryStream<Path>) secure;
        }
        stream.close();
        throw new IOException(path + " is on a file system without descriptors of folders");
    }

    /**
     * Opens a folder in this one, without following a link.
     *
     * @throws NotDirectoryException if it is anything else
     */
    Folder enter(Path name) throws IOException {
        if (!attributes(name).isDirectory()) {
            throw new NotDirectoryException(name.toString());
        }
        return new Folder(stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS));
    }

    /** The folder above; only while nobody moves folders about. */
    Folder up() throws IOException {
        return new Folder(stream.newDirectoryStream(UP));
    }

    /** Reads all names; once for each opening. */
    List<Path> names() throws IOException {
        var names = new ArrayList<Path>();
        try {
            for (Path entry : stream) {
                names.add(entry.getFileName());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /**
     * @throws NoSuchFileException if nothing is there
     */
    PosixFileAttributes attributes(Path name) throws IOException {
        return view(name).readAttributes();
    }

    PosixFileAttributeView view(Path name) {
        return stream.getFileAttributeView(
                name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** The folder itself. */
    PosixFileAttributeView view() {
        return stream.getFileAttributeView(PosixFileAttributeView.class);
    }

    void permit(Path name, Set<PosixFilePermission> permissions) throws IOException {
        view(name).setPermissions(permissions);
    }

    void deleteFile(Path name) throws IOException {
        stream.deleteFile(name);
    }

    void deleteFolder(Path name) throws IOException {
        stream.deleteDirectory(name);
    }

    void moveTo(Path name, Folder target, Path targetName) throws IOException {
        stream.move(name, target.stream, targetName);
    }

    SeekableByteChannel read(Path name) throws IOException {
        return stream.newByteChannel(
                name, Set.<OpenOption>of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    }

    /** A new file; refuses whatever is there already. */
    SeekableByteChannel create(Path name, FileAttribute<?>... attributes) throws IOException {
        return stream.newByteChannel(
                name,
                Set.<OpenOption>of(
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE_NEW,
                        LinkOption.NOFOLLOW_LINKS),
                attributes);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
