package boxcar.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A road to a port of this host that takes its time: what comes is passed on in order, each piece
 * some time after it came, in both directions; or not at all, while the link is stalled.
 */
final class SlowLink implements AutoCloseable {
    private static final int PIECE = 64 * 1024;

    private final ServerSocket server;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile CountDownLatch stall = new CountDownLatch(0);
    private final AtomicLong pieces = new AtomicLong();
    private volatile int target;
    private volatile Delay delay = new Delay(Duration.ZERO, Duration.ZERO);

    private record Delay(Duration least, Duration most) {
        long nanos(Random random) {
            return random.nextLong(least.toNanos(), most.toNanos() + 1);
        }
    }

    SlowLink() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    int port() {
        return server.getLocalPort();
    }

    /** Where it leads; it takes connections from now on. */
    void leadTo(int port) {
        target = port;
        Thread.ofVirtual().name("slow-link").start(this::accept);
    }

    /** Holds back each piece for a time of this range. */
    void delay(Duration least, Duration most) {
        delay = new Delay(least, most);
    }

    /** Passes nothing on until {@link #flow}. */
    void stall() {
        stall = new CountDownLatch(1);
    }

    void flow() {
        stall.countDown();
    }

    /** Pieces that were passed on so far. */
    long pieces() {
        return pieces.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket in = server.accept();
                Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
                sockets.addAll(List.of(in, out));
                new Way(in, out).start();
                new Way(out, in).start();
            }
        } catch (IOException e) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** No bytes: the end. */
    private record Piece(byte[] bytes, long due) implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(due, ((Piece) other).due);
        }
    }

    /** One direction of one connection. */
    private final class Way {
        private final Socket from;
        private final Socket to;
        private final DelayQueue<Piece> queue = new DelayQueue<>();
        private final Random random = new Random();
        private long last = System.nanoTime();

        Way(Socket from, Socket to) {
            this.from = from;
            this.to = to;
        }

        void start() {
            Thread.ofVirtual().start(this::take);
            Thread.ofVirtual().start(this::passOn);
        }

        /** Later than the piece before, so that the order stays. */
        private void put(byte[] bytes) {
            last = Math.max(last + 1, System.nanoTime() + delay.nanos(random));
            queue.add(new Piece(bytes, last));
        }

        private void take() {
            byte[] buffer = new byte[PIECE];
            try {
                int count = from.getInputStream().read(buffer);
                while (count >= 0) {
                    put(Arrays.copyOf(buffer, count));
                    count = from.getInputStream().read(buffer);
                }
            } catch (IOException _) {
                // The other end hears of it by the end that follows.
            }
            put(new byte[0]);
        }

        private void passOn() {
            try (from;
                    to) {
                for (Piece piece = queue.take(); piece.bytes.length > 0; piece = queue.take()) {
                    stall.await();
                    to.getOutputStream().write(piece.bytes);
                    pieces.incrementAndGet();
                }
            } catch (IOException _) {
                // One end is gone, and the other is closed with it.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        flow();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
