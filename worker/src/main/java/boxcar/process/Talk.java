package boxcar.process;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lines that a process and we exchange beside its standard streams, over two FIFOs. It has the one
 * that it writes as descriptor 3, and the one that it reads as 4. We open both for reading and
 * writing, which on Linux never waits for the other side (fifo(7)), and keep them until the process
 * has ended.
 *
 * <p>For one process. What it says is heard by {@link OsProcess#hear}.
 */
public final class Talk implements AutoCloseable {
    /** Descriptors of the process. */
    static final int SAYING = 3;

    static final int HEARING = 4;

    private final Path up;
    private final Path down;

    /** No channel, which an interrupt of the thread would close. */
    private final RandomAccessFile saying;

    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

    /** For the thread that follows the process. */
    private final StringBuilder line = new StringBuilder();

    private Talk(Path up, Path down, RandomAccessFile saying) {
        this.up = up;
        this.down = down;
        this.saying = saying;
    }

    /**
     * @param up a FIFO that the process writes
     * @param down one that it reads
     */
    public static Talk open(Path up, Path down) throws IOException {
        return new Talk(up, down, new RandomAccessFile(down.toFile(), "rw"));
    }

    Path up() {
        return up;
    }

    Path down() {
        return down;
    }

    /** Something of what the process says. */
    void take(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            char c = (char) bytes[i];
            if (c == '\n') {
                lines.add(line.toString());
                line.setLength(0);
            } else {
                line.append(c);
            }
        }
    }

    boolean isHeard() {
        return !lines.isEmpty();
    }

    @Nullable String line(Duration time) throws InterruptedException {
        return lines.poll(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Says a line to the process.
     *
     * @throws IOException if it cannot be written
     */
    public void say(String words) throws IOException {
        saying.write((words + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        saying.close();
    }
}
