package boxcar.process;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Starts a process and follows it to its end: feeds its stdin, drains its outputs, hears what it
 * says besides, reaps it. All of that is one thread's, in one loop round poll(2), which ends when
 * the process is reaped and its outputs are closed, or given up. Either a thread of its own does
 * that ({@link #run}), or the one that waits for the process anyway, step by step ({@link #begin},
 * {@link #follow}).
 */
final class Follower implements Runnable, AutoCloseable {
    private static final int CHUNK = 1 << 14;
    private static final int ENTRY = 8;
    private static final int FOR_EVER = -1;
    private static final int SIGKILL = 9;

    /** How often it is looked whether the streams of an ended process were given up. */
    private static final int LOOK_MILLIS = 500;

    private static final int OUT = 0;
    private static final int ERR = 1;
    private static final int IN = 2;
    private static final int HEARD = 3;
    private static final int END = 4;
    private static final int ALL = 5;

    private final Start start;
    private final byte[] stdin;
    private final Capture[] captures;
    private final @Nullable Talk talk;
    private final CompletableFuture<Integer> pid = new CompletableFuture<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final CompletableFuture<Boolean> closed = new CompletableFuture<>();
    private final Object reaping = new Object();
    private final byte[] copy = new byte[CHUNK];
    private Arena arena = Arena.global();
    private MemorySegment state = MemorySegment.NULL;
    private MemorySegment chunk = MemorySegment.NULL;
    private MemorySegment watched = MemorySegment.NULL;
    private boolean reaped;
    private boolean released;
    private volatile boolean givenUp;
    private int fed;

    /**
     * @param talk what it says besides, if it does
     */
    Follower(Start start, byte[] stdin, @Nullable Talk talk, Capture stdout, Capture stderr) {
        this.start = start;
        this.talk = talk;
        this.stdin = stdin;
        this.captures = new Capture[] {stdout, stderr};
    }

    /** How the process is started; by the follower's own thread. */
    @FunctionalInterface
    interface Start {
        Started begin(Arena arena) throws IOException;
    }

    /**
     * A process, and our ends of its streams.
     *
     * @param in −1 if there is nothing to feed
     * @param heard −1 if it says nothing besides
     */
    record Started(int pid, int in, int out, int err, int heard, int end) {}

    /** Is completed with the process id when it is started, or with why it is not. */
    CompletableFuture<Integer> pid() {
        return pid;
    }

    /** Is completed with the exit status when the process is reaped. */
    CompletableFuture<Integer> exit() {
        return exit;
    }

    /** Is completed when its outputs are closed. */
    CompletableFuture<Boolean> closed() {
        return closed;
    }

    /** Sends a signal, unless the process has been reaped: its number may be another's then. */
    void signal(int number) {
        synchronized (reaping) {
            if (!reaped) {
                Libc.kill(pid.join(), number);
            }
        }
    }

    /** Drains its outputs no more once it has ended. */
    void giveUp() {
        givenUp = true;
    }

    @Override
    public void run() {
        try {
            begin();
            while (!follow(FOR_EVER)) {
                // Until the process is reaped, and its outputs are closed.
            }
        } catch (Throwable e) {
            abandon();
            pid.completeExceptionally(e);
            closed.completeExceptionally(e);
            exit.completeExceptionally(e);
        } finally {
            close();
        }
    }

    /** Starts the process; from then on all is for the thread that calls. */
    void begin() throws IOException {
        arena = Arena.ofConfined();
        try {
            // All that can fail is done before: a process that runs is one that is followed.
            state = CLibrary.state(arena);
            chunk = arena.allocate(CHUNK);
            watched = arena.allocate(ENTRY * ALL, Integer.BYTES);
            Started started = start.begin(arena);
            watch(watched, OUT, started.out, Libc.READABLE);
            watch(watched, ERR, started.err, Libc.READABLE);
            watch(watched, IN, started.in, Libc.WRITABLE);
            watch(watched, HEARD, started.heard, Libc.READABLE);
            watch(watched, END, started.end, Libc.READABLE);
            pid.complete(started.pid);
        } finally {
            if (!pid.isDone()) {
                arena.close();
            }
        }
    }

    /**
     * Goes on until something happens, or the time is over.
     *
     * @param millis at most so long; −1: as long as the process lives
     * @return whether there is nothing more to follow
     */
    boolean follow(int millis) {
        if (isOver()) {
            return true;
        }
        boolean running = isOpen(watched, END);
        int most = running || (millis >= 0 && millis < LOOK_MILLIS) ? millis : LOOK_MILLIS;
        Libc.poll(state, watched, ALL, most);
        for (int stream = OUT; stream <= ERR; stream++) {
            if (isReady(watched, stream)) {
                drain(stream);
            }
        }
        if (isReady(watched, IN)) {
            feed();
        }
        if (isReady(watched, HEARD)) {
            listen();
        }
        if (isReady(watched, END)) {
            // It may have said something just before.
            listen();
            close(HEARD);
            close(IN);
            close(END);
            reap();
        }
        return isOver();
    }

    private boolean isOver() {
        if (!released) {
            boolean draining = isOpen(watched, OUT) || isOpen(watched, ERR);
            if (isOpen(watched, END) || (draining && !givenUp)) {
                return false;
            }
            close();
        }
        return true;
    }

    /** A process that is followed no more must not live on. */
    private void abandon() {
        if (pid.isDone() && !pid.isCompletedExceptionally() && !reaped) {
            Libc.kill(pid.join(), SIGKILL);
            synchronized (reaping) {
                int _ = Libc.reap(arena, pid.join());
                reaped = true;
            }
        }
    }

    /** Lets go of all; the process must have been reaped, or never have begun. */
    @Override
    public void close() {
        if (!released && pid.isDone() && !pid.isCompletedExceptionally()) {
            released = true;
            for (int i = 0; i < ALL; i++) {
                close(i);
            }
            arena.close();
            closed.complete(!givenUp);
        }
    }

    private void reap() {
        int status;
        synchronized (reaping) {
            status = Libc.reap(arena, pid.join());
            reaped = true;
        }
        exit.complete(status);
    }

    private void drain(int stream) {
        int count = Libc.read(state, fd(watched, stream), chunk);
        if (count < 0) {
            close(stream);
        } else if (count > 0) {
            MemorySegment.copy(chunk, JAVA_BYTE, 0, copy, 0, count);
            captures[stream].take(copy, count);
        }
    }

    private void listen() {
        if (talk != null && isOpen(watched, HEARD)) {
            int count;
            do {
                count = Math.max(0, Libc.read(state, fd(watched, HEARD), chunk));
                MemorySegment.copy(chunk, JAVA_BYTE, 0, copy, 0, count);
                talk.take(copy, count);
            } while (count > 0);
        }
    }

    private void feed() {
        int next = Math.min(CHUNK, stdin.length - fed);
        MemorySegment.copy(stdin, fed, chunk, JAVA_BYTE, 0, next);
        int count = Libc.write(state, fd(watched, IN), chunk.asSlice(0, next));
        fed += Math.max(0, count);
        if (count < 0 || fed == stdin.length) {
            close(IN);
        }
    }

    private void close(int index) {
        if (isOpen(watched, index)) {
            Libc.close(state, fd(watched, index));
            // poll(2) leaves out what is negative.
            watched.set(JAVA_INT, (long) ENTRY * index, Libc.NONE);
        }
    }

    private static void watch(MemorySegment watched, int index, int fd, short events) {
        watched.set(JAVA_INT, (long) ENTRY * index, fd);
        watched.set(JAVA_SHORT, (long) ENTRY * index + 4, events);
    }

    private static int fd(MemorySegment watched, int index) {
        return watched.get(JAVA_INT, (long) ENTRY * index);
    }

    private static boolean isOpen(MemorySegment watched, int index) {
        return fd(watched, index) != Libc.NONE;
    }

    private static boolean isReady(MemorySegment watched, int index) {
        return isOpen(watched, index) && watched.get(JAVA_SHORT, (long) ENTRY * index + 6) != 0;
    }
}
