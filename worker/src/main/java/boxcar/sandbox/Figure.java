package boxcar.sandbox;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of a control group that is read again and again, and so is kept open: the kernel tells
 * anew what is read from its beginning. For one thread at a time.
 */
final class Figure implements AutoCloseable {
    /** memory.stat, the longest of them, has some 2 KiB. */
    private static final int MOST = 1 << 13;

    private final Path path;
    private final String mode;
    private final byte[] text = new byte[MOST];

    /** No channel, which an interrupt of the thread would close. */
    private @Nullable RandomAccessFile open;

    private Figure(Path path, String mode) {
        this.path = path;
        this.mode = mode;
    }

    static Figure of(Path path) {
        return new Figure(path, "r");
    }

    /** One that can be set to zero. */
    static Figure resettable(Path path) {
        return new Figure(path, "rw");
    }

    boolean exists() {
        return open != null || Files.exists(path);
    }

    long number() throws IOException {
        return Long.parseLong(read().strip());
    }

    /** The number beside a word, of a file that has a word and a number on each line. */
    long keyed(String key) throws IOException {
        for (String line : read().lines().toList()) {
            if (line.startsWith(key + " ")) {
                return Long.parseLong(line.substring(key.length() + 1));
            }
        }
        throw new IOException(path + " has no " + key);
    }

    private String read() throws IOException {
        RandomAccessFile file = opened();
        file.seek(0);
        int length = Math.max(0, file.read(text));
        return new String(text, 0, length, StandardCharsets.US_ASCII);
    }

    /** Sets it to zero. */
    void reset() throws IOException {
        RandomAccessFile file = opened();
        file.seek(0);
        file.write('0');
    }

    private RandomAccessFile opened() throws IOException {
        RandomAccessFile file = open;
        if (file == null) {
            file = new RandomAccessFile(path.toFile(), mode);
            open = file;
        }
        return file;
    }

    /** It is opened again when it is asked again. */
    @Override
    public void close() {
        RandomAccessFile file = open;
        open = null;
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot close " + path, e);
            }
        }
    }
}
