package boxcar.sandbox;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file of a control group that is kept open: the kernel tells anew what is read from its
 * beginning. For one thread at a time.
 */
final class Figure implements AutoCloseable {
    /** cpu.stat, the longest of them, has some 300 bytes. */
    private static final int MOST = 1 << 12;

    private final Path path;
    private final byte[] text = new byte[MOST];

    /** No channel, which an interrupt of the thread would close. */
    private @Nullable RandomAccessFile file;

    Figure(Path path) {
        this.path = path;
    }

    /** Not every kernel has every figure. */
    void open() {
        try {
            file = new RandomAccessFile(path.toFile(), "r");
        } catch (FileNotFoundException _) {
            file = null;
        }
    }

    boolean exists() {
        return file != null;
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
        RandomAccessFile open = file;
        if (open == null) {
            throw new FileNotFoundException(path.toString());
        }
        open.seek(0);
        int length = Math.max(0, open.read(text));
        return new String(text, 0, length, StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        RandomAccessFile open = file;
        file = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot close " + path, e);
            }
        }
    }
}
