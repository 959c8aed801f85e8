package boxcar.process;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process of the operating system, from its start until it is reaped and its streams are closed.
 *
 * <p>Its stdin is fed while both its outputs are drained. Safe for many threads: any may stop it
 * while one waits for it.
 */
public final class OsProcess {
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final byte[] NOTHING = new byte[0];

    /** The first descriptor after the standard streams. */
    private static final int FIRST_MORE = 3;

    private static final int CHUNK = 1 << 16;
    private static final long NANOS = 1_000_000;
    private static final Duration DRAINED = Duration.ofSeconds(5);

    /** Threads of the system, used again: a call of poll(2) holds whatever thread makes it. */
    private static final ExecutorService FOLLOWERS =
            Executors.newCachedThreadPool(
                    Thread.ofPlatform().daemon().name("process-", 0).factory());

    /** How soon a thread that attends a process itself sees that it is interrupted. */
    private static final int LOOK_MILLIS = 20;

    private final Follower follower;
    private final boolean attended;
    private final @Nullable Talk talk;

    private OsProcess(Follower follower, boolean attended, @Nullable Talk talk) {
        this.follower = follower;
        this.attended = attended;
        this.talk = talk;
    }

    /**
     * Starts it.
     *
     * @throws IOException if the program is not there, or the system has no room for one more
     */
    public static OsProcess start(Command command, Capture stdout, Capture stderr)
            throws IOException {
        return start(command, Call::run, stdout, stderr);
    }

    /**
     * Starts it.
     *
     * @param starter where to start it
     * @throws IOException as above
     */
    public static OsProcess start(Command command, Starter starter, Capture stdout, Capture stderr)
            throws IOException {
        return follow(
                new Follower(
                        arena -> withPipes(arena, command, null, starter),
                        command.stdin(),
                        null,
                        stdout,
                        stderr),
                null);
    }

    /**
     * Starts it with files as its standard streams.
     *
     * @param starter where to start it
     * @throws IOException as above
     */
    public static OsProcess start(
            Command command, StreamFiles files, Starter starter, Capture stdout, Capture stderr)
            throws IOException {
        give(command.stdin(), files.in());
        return follow(
                new Follower(
                        arena -> withFiles(arena, command, files, starter),
                        NOTHING,
                        null,
                        stdout,
                        stderr),
                null);
    }

    /**
     * Starts it with files as its standard streams, to be attended by the thread that calls: while
     * that waits for the process or its streams it feeds, drains and reaps it, which saves two
     * threads from waking each other. It must wait for the end of both, or give the streams up. A
     * virtual thread, which is not to be held by poll(2), has another one do that.
     *
     * @param starter where to start it
     * @throws IOException as above
     */
    public static OsProcess attend(
            Command command, StreamFiles files, Starter starter, Capture stdout, Capture stderr)
            throws IOException {
        if (Thread.currentThread().isVirtual()) {
            return start(command, files, starter, stdout, stderr);
        }
        give(command.stdin(), files.in());
        var follower =
                new Follower(
                        arena -> withFiles(arena, command, files, starter),
                        NOTHING,
                        null,
                        stdout,
                        stderr);
        follower.begin();
        return new OsProcess(follower, true, null);
    }

    /**
     * Starts it with pipes as its standard streams, and with more open files, to be attended as
     * above.
     *
     * @param starter where to start it
     * @throws IOException as above
     */
    public static OsProcess attend(
            Command command, Handed handed, Starter starter, Capture stdout, Capture stderr)
            throws IOException {
        var follower =
                new Follower(
                        arena -> withPipes(arena, command, handed, starter),
                        command.stdin(),
                        handed.talk(),
                        stdout,
                        stderr);
        if (Thread.currentThread().isVirtual()) {
            return follow(follower, handed.talk());
        }
        follower.begin();
        return new OsProcess(follower, true, handed.talk());
    }

    /**
     * What a process has open besides its standard streams.
     *
     * @param talk its descriptors 3 and 4
     * @param files from 5 on
     */
    public record Handed(Talk talk, List<OpenFile> files) {
        public Handed {
            files = List.copyOf(files);
        }

        /** How many descriptors that are. */
        public int count() {
            return Talk.HEARING - Talk.SAYING + 1 + files.size();
        }

        private void give(Spawn spawn) throws IOException {
            spawn.open(talk.up().toString(), Libc.WRITE_ONLY, Talk.SAYING);
            spawn.open(talk.down().toString(), Libc.READ_ONLY, Talk.HEARING);
            int at = Talk.HEARING;
            for (OpenFile file : files) {
                spawn.give(file.descriptor(), ++at);
            }
        }
    }

    /** Mostly there is nothing to give, and the file is empty. */
    private static void give(byte[] stdin, Path file) throws IOException {
        if (stdin.length > 0 || !Files.exists(file) || Files.size(file) > 0) {
            Files.write(file, stdin);
        }
    }

    private static OsProcess follow(Follower follower, @Nullable Talk talk) throws IOException {
        FOLLOWERS.execute(follower);
        try {
            // An interrupt waits until there is something to be stopped.
            var _ = follower.pid().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io
                    ? io
                    : new IOException("cannot start " + e.getCause(), e.getCause());
        }
        return new OsProcess(follower, false, talk);
    }

    private static Follower.Started withPipes(
            Arena arena, Command command, @Nullable Handed handed, Starter starter)
            throws IOException {
        try (Descriptors ours = new Descriptors(arena);
                Descriptors its = new Descriptors(arena)) {
            Libc.Pipe out = Libc.pipe(arena);
            ours.add(out.reading());
            its.add(out.writing());
            Libc.Pipe err = Libc.pipe(arena);
            ours.add(err.reading());
            its.add(err.writing());
            int in = Libc.NONE;
            int reading = Libc.NONE;
            if (command.stdin().length > 0) {
                Libc.Pipe pipe = Libc.pipe(arena);
                in = ours.add(pipe.writing());
                reading = its.add(pipe.reading());
                Libc.neverBlock(arena, in);
            }
            int heard = handed == null ? Libc.NONE : ours.add(hearing(arena, handed.talk()));
            int stdin = reading;
            int pid =
                    starter.start(
                            () -> spawn(command, stdin, out.writing(), err.writing(), handed));
            int end = end(arena, pid);
            ours.keep();
            return new Follower.Started(pid, in, out.reading(), err.reading(), heard, end);
        }
    }

    private static int hearing(Arena arena, Talk talk) throws IOException {
        return Libc.open(arena, talk.up().toString(), Libc.READ_AND_WRITE | Libc.NON_BLOCKING);
    }

    /**
     * @param in {@link Libc#NONE} if there is nothing to read
     */
    private static int spawn(Command command, int in, int out, int err, @Nullable Handed handed)
            throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Spawn spawn = new Spawn(arena, command);
            if (in == Libc.NONE) {
                spawn.open("/dev/null", Libc.READ_ONLY, 0);
            } else {
                spawn.give(in, 0);
            }
            spawn.give(out, 1);
            spawn.give(err, 2);
            if (handed != null) {
                handed.give(spawn);
            }
            return spawn.call();
        }
    }

    private static Follower.Started withFiles(
            Arena arena, Command command, StreamFiles files, Starter starter) throws IOException {
        try (Descriptors ours = new Descriptors(arena)) {
            // Opened for reading first, a FIFO does not keep its writer waiting (fifo(7)).
            int out = ours.add(open(arena, files.out()));
            int err = ours.add(open(arena, files.err()));
            int pid = starter.start(() -> spawn(command, files));
            int end = end(arena, pid);
            ours.keep();
            return new Follower.Started(pid, Libc.NONE, out, err, Libc.NONE, end);
        }
    }

    private static int spawn(Command command, StreamFiles files) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Spawn spawn = new Spawn(arena, command);
            spawn.open(files.in().toString(), Libc.READ_ONLY, 0);
            spawn.open(files.out().toString(), Libc.WRITE_ONLY, 1);
            spawn.open(files.err().toString(), Libc.WRITE_ONLY, 2);
            for (int i = 0; i < files.more().size(); i++) {
                spawn.give(files.more().get(i).descriptor(), FIRST_MORE + i);
            }
            return spawn.call();
        }
    }

    private static int open(Arena arena, Path fifo) throws IOException {
        return Libc.open(arena, fifo.toString(), Libc.READ_ONLY | Libc.NON_BLOCKING);
    }

    /** What cannot be followed must not live on. */
    private static int end(Arena arena, int pid) throws IOException {
        try {
            return Libc.pidfd(arena, pid);
        } catch (IOException e) {
            Libc.kill(pid, SIGKILL);
            int _ = Libc.reap(arena, pid);
            throw e;
        }
    }

    /** Descriptors that are closed at the end of a start, unless they are kept. */
    private static final class Descriptors implements AutoCloseable {
        private final Deque<Integer> open = new ArrayDeque<>();
        private final Arena arena;

        Descriptors(Arena arena) {
            this.arena = arena;
        }

        int add(int descriptor) {
            open.add(descriptor);
            return descriptor;
        }

        void keep() {
            open.clear();
        }

        @Override
        public void close() {
            open.forEach(descriptor -> Libc.close(CLibrary.state(arena), descriptor));
        }
    }

    /**
     * Starts a process; may do so in another thread, whose child it is to be. It is asked by a
     * thread of the system, never by a virtual one.
     */
    @FunctionalInterface
    public interface Starter {
        /** Makes the call, which gives the process id, and gives its answer. */
        int start(Call call) throws IOException;
    }

    /** Starts a process as a child of the thread that calls. */
    @FunctionalInterface
    public interface Call {
        int run() throws IOException;
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
            process.giveUpStreams();
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
        return get(follower.exit(), deadline);
    }

    /**
     * What it says next over its talk.
     *
     * @return null if it said nothing in this time, or has ended and nothing is left
     * @throws IllegalStateException if it has no talk
     */
    public @Nullable String hear(Duration time) throws InterruptedException {
        Talk with = talk;
        if (with == null) {
            throw new IllegalStateException("nobody talks with this process");
        }
        followUntil(() -> with.isHeard() || !alive(), time);
        // What an ended process has said is there: it was heard before it was reaped.
        return with.line(attended || !alive() ? Duration.ZERO : time);
    }

    /** Follows the process until something is so, if that is this thread's to do. */
    private void followUntil(BooleanSupplier so, Duration deadline) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        while (attended && !so.getAsBoolean()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("while a process was awaited");
            }
            long left = (end - System.nanoTime() + NANOS - 1) / NANOS;
            if (left <= 0) {
                return;
            }
            var _ = follower.follow((int) Math.min(left, LOOK_MILLIS));
        }
    }

    private <T> @Nullable T get(CompletableFuture<T> future, Duration deadline)
            throws InterruptedException {
        followUntil(future::isDone, deadline);
        if (attended && !future.isDone()) {
            return null;
        }
        try {
            return future.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException _) {
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a process could not be followed", e.getCause());
        }
    }

    /**
     * Its exit status, 128 + n if signal n killed it.
     *
     * @throws IllegalStateException if it has not ended
     */
    public int exit() {
        return follower.exit().resultNow();
    }

    public long pid() {
        return follower.pid().join();
    }

    public boolean alive() {
        return !follower.exit().isDone();
    }

    /** Asks it to end (SIGTERM), and kills it if it has not after the grace. Returns at once. */
    public void stop(Duration grace) {
        follower.signal(SIGTERM);
        var _ =
                follower.exit()
                        .copy()
                        .orTimeout(grace.toNanos(), TimeUnit.NANOSECONDS)
                        .whenComplete((_, late) -> {
                            if (late != null) {
                                kill();
                            }
                        });
    }

    /** Kills it (SIGKILL). Returns at once. */
    public void kill() {
        follower.signal(SIGKILL);
    }

    /**
     * Waits for the end of a process that was stopped or killed, whatever interrupts the caller; an
     * interrupt is kept for later.
     */
    public void awaitUninterrupted() {
        while (attended && !follower.exit().isDone()) {
            var _ = follower.follow(LOOK_MILLIS);
        }
        // Unlike get(), join() is not ended by an interrupt, and keeps it.
        var _ = follower.exit().join();
    }

    /**
     * Waits until its outputs are closed and drained. They close when the last process that holds
     * them is gone: kill left-over children first.
     *
     * @return whether they were closed within five seconds
     */
    public boolean awaitStreams() throws InterruptedException {
        return get(follower.closed(), DRAINED) != null;
    }

    /** Leaves outputs alone that something else than the process keeps open. */
    public void giveUpStreams() {
        follower.giveUp();
        if (attended) {
            follower.close();
        }
    }
}
