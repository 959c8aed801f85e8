package boxcar.sandbox;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The worker's ends of the two FIFOs of a runc box. Both are open for reading and writing, which on
 * Linux never waits for the other side (fifo(7)).
 */
final class Talk implements AutoCloseable {
    private static final int BUFFER = 512;

    private final FileChannel up;
    private final FileChannel down;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private Talk(FileChannel up, FileChannel down) {
        this.up = up;
        this.down = down;
    }

    static Talk open(RuncFolder folder) throws Fault {
        try {
            FileChannel up =
                    FileChannel.open(
                            folder.up(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileChannel down =
                    FileChannel.open(
                            folder.down(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            var talk = new Talk(up, down);
            // Not virtual: a read of a FIFO would hold its carrier.
            Thread.ofPlatform().daemon().name("box-talk").start(talk::listen);
            return talk;
        } catch (IOException e) {
            throw Faults.box("cannot talk to a box", e);
        }
    }

    private void listen() {
        // By hand: a reader over a FileChannel reads on until its buffer is full.
        var line = new StringBuilder();
        var buffer = ByteBuffer.allocate(BUFFER);
        try {
            while (up.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    char c = (char) buffer.get();
                    if (c == '\n') {
                        lines.add(line.toString());
                        line.setLength(0);
                    } else {
                        line.append(c);
                    }
                }
            }
        } catch (IOException _) {
            // Closed by us.
        }
    }

    /** Makes {@link #hear} return soon. */
    void nudge() {
        lines.add("");
    }

    /**
     * @return what the first process said, or null if it said nothing in this time
     */
    @Nullable String hear(Duration time) throws InterruptedException {
        String line = lines.poll(time.toNanos(), TimeUnit.NANOSECONDS);
        return line == null || line.isEmpty() ? null : line;
    }

    void say(String line) throws Fault {
        try {
            down.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw Faults.box("cannot talk to a box", e);
        }
    }

    @Override
    public void close() throws Fault {
        try (down) {
            up.close();
        } catch (IOException e) {
            throw Faults.box("cannot close the talk with a box", e);
        }
    }
}
