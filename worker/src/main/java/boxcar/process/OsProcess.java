package boxcar.process;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A process of the operating system, from its start until it is reaped and its streams are closed.
 *
 * <p>Its stdin is fed while both its outputs are drained. Safe for many threads: any may stop it
 * while one waits for it.
 */
public final class OsProcess {
    /** A pipe takes this much without waiting for its reader, whatever its capacity (pipe(7)). */
    private static final int AT_ONCE = 4096;

    private static final int CHUNK = 1 << 16;
    private static final Duration DRAINED = Duration.ofSeconds(2);

    private final Process process;

    /** What is to be sent signals: {@link Process#destroy} also closes streams not yet drained. */
    private final ProcessHandle handle;

    /**
     * Threads of the system, used again: a read or write of a FIFO holds the thread that carries a
     * virtual one, and as many as there are cores would hold up all others.
     */
    private static final ExecutorService STREAMS =
            Executors.newCachedThreadPool(
                    Thread.ofPlatform().daemon().name("stream-", 0).factory());

    private final List<Future<?>> streams;

    private OsProcess(Process process, List<Future<?>> streams) {
        this.process = process;
        this.handle = process.toHandle();
        this.streams = streams;
    }

    /**
     * Starts it.
     *
     * @throws IOException if the program is not there, or the system has no room for one more
     */
    public static OsProcess start(Command command, Capture stdout, Capture stderr)
            throws IOException {
        Process process = spawn(builder(command));
        Future<?> out = STREAMS.submit(() -> drain(process.getInputStream(), stdout));
        Future<?> err = STREAMS.submit(() -> drain(process.getErrorStream(), stderr));
        feed(process.getOutputStream(), command.stdin());
        return new OsProcess(process, List.of(out, err));
    }

    /**
     * Starts it with files as its standard streams.
     *
     * @param starter where to start it
     * @throws IOException as above
     */
    @SuppressWarnings("StreamResourceLeak") // Whoever drains or feeds a stream closes it.
    public static OsProcess start(
            Command command, StreamFiles files, Starter starter, Capture stdout, Capture stderr)
            throws IOException, InterruptedException {
        Files.write(files.in(), command.stdin());
        // Open both ways, a FIFO waits for nobody (fifo(7)); held until either side is open.
        try (var _ = hold(files.out());
                var _ = hold(files.err())) {
            Process process =
                    starter.start(
                            builder(command)
                                    .redirectInput(files.in().toFile())
                                    .redirectOutput(files.out().toFile())
                                    .redirectError(files.err().toFile()));
            InputStream fromOut = new FileInputStream(files.out().toFile());
            InputStream fromErr = new FileInputStream(files.err().toFile());
            Future<?> out = STREAMS.submit(() -> drain(fromOut, stdout));
            Future<?> err = STREAMS.submit(() -> drain(fromErr, stderr));
            return new OsProcess(process, List.of(out, err));
        }
    }

    private static FileChannel hold(Path fifo) throws IOException {
        return FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static ProcessBuilder builder(Command command) {
        var builder = new ProcessBuilder(command.argv());
        builder.environment().clear();
        builder.environment().putAll(command.environment());
        return builder;
    }

    /** Starts a process; may do so in another thread, whose children it is to be. */
    @FunctionalInterface
    public interface Starter {
        Process start(ProcessBuilder builder) throws IOException, InterruptedException;
    }

    /** Starts it from the calling thread. */
    public static Process spawn(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IllegalArgumentException e) {
            throw new IOException("cannot start: " + e.getMessage(), e);
        }
    }

    /** Runs a tool to its end, keeping up to 64 KiB of each output. */
    public static Finished run(Command command, Duration deadline)
            throws IOException, InterruptedException {
        Capture stdout = Capture.quiet(CHUNK);
        Capture stderr = Capture.quiet(CHUNK);
        OsProcess process = start(command, stdout, stderr);
        boolean ended = false;
        try {
            ended = process.await(deadline) != null;
        } finally {
            if (!ended) {
                process.kill();
                process.awaitUninterrupted();
            }
        }
        if (!ended) {
            throw new IOException(
                    "'%s' had not ended after %s".formatted(command.line(), deadline));
        }
        if (!process.awaitStreams()) {
            throw new IOException("'%s' ended, but not its output".formatted(command.line()));
        }
        return new Finished(command, process.exit(), stdout.bytes(), stderr.bytes());
    }

    /**
     * Waits for the process itself; its streams may stay open if it left children.
     *
     * @return its exit status, or null if it still runs
     */
    public @Nullable Integer await(Duration deadline) throws InterruptedException {
        return process.waitFor(deadline.toNanos(), TimeUnit.NANOSECONDS) ? exit() : null;
    }

    /**
     * Its exit status, 128 + n if signal n killed it.
     *
     * @throws IllegalThreadStateException if it has not ended
     */
    public int exit() {
        return process.exitValue();
    }

    public long pid() {
        return process.pid();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** Asks it to end (SIGTERM), and kills it if it has not after the grace. Returns at once. */
    public void stop(Duration grace) {
        handle.destroy();
        Thread.startVirtualThread(() -> {
            try {
                if (await(grace) == null) {
                    kill();
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("nobody interrupts this thread", e);
            }
        });
    }

    /** Kills it (SIGKILL). Returns at once. */
    public void kill() {
        handle.destroyForcibly();
    }

    /**
     * Waits for the end of a process that was stopped or killed, whatever interrupts the caller; an
     * interrupt is kept for later.
     */
    public void awaitUninterrupted() {
        boolean interrupted = Thread.interrupted();
        while (true) {
            try {
                process.waitFor();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until its outputs are closed and drained. They close when the last process that holds
     * them is gone: kill left-over children first.
     *
     * @return whether they were closed within two seconds
     */
    public boolean awaitStreams() throws InterruptedException {
        boolean closed = true;
        for (Future<?> stream : streams) {
            closed &= drained(stream);
        }
        return closed;
    }

    private static boolean drained(Future<?> stream) throws InterruptedException {
        try {
            stream.get(DRAINED.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a stream's listener failed", e.getCause());
        }
    }

    private static void drain(InputStream stream, Capture capture) {
        byte[] chunk = new byte[8192];
        try (stream) {
            for (int n = stream.read(chunk); n >= 0; n = stream.read(chunk)) {
                capture.take(chunk, n);
            }
        } catch (IOException _) {
            // The process is gone and its pipe was closed under us: what came is kept.
        }
    }

    private static void feed(OutputStream stream, byte[] bytes) {
        if (bytes.length <= AT_ONCE) {
            feedAll(stream, bytes);
        } else {
            STREAMS.execute(() -> feedAll(stream, bytes));
        }
    }

    private static void feedAll(OutputStream stream, byte[] bytes) {
        try (stream) {
            stream.write(bytes);
        } catch (IOException | UncheckedIOException _) {
            // It ended, or closed its stdin, without reading all: its own affair.
        }
    }
}
