package boxcar.process;

import java.util.Arrays;

/**
 * Keeps the beginning of what comes out of one stream, and counts all of it. What is not kept is
 * read all the same, so that the writer never waits for us. Safe for many threads.
 */
public final class Capture {
    private final long most;
    private final int cap;
    private final Listener listener;
    private final Runnable exceeded;
    private byte[] kept = new byte[512];
    private int length;
    private long printed;

    /**
     * @param most bytes that may be printed
     * @param cap bytes that are kept
     * @param listener hears what is printed, as it comes, up to {@code most}
     * @param exceeded is run once, by the draining thread, when there is more than {@code most}
     */
    public Capture(long most, int cap, Listener listener, Runnable exceeded) {
        this.most = most;
        this.cap = (int) Math.min(most, cap);
        this.listener = listener;
        this.exceeded = exceeded;
    }

    /** Keeps up to the cap and tells nobody. */
    public static Capture quiet(int cap) {
        return new Capture(Long.MAX_VALUE, cap, (_, _) -> {}, () -> {});
    }

    void take(byte[] bytes, int count) {
        int heard;
        boolean firstOver;
        synchronized (this) {
            heard = (int) Math.min(count, Math.max(0, most - printed));
            firstOver = heard < count && printed <= most;
            keep(bytes, Math.min(count, cap - length));
            printed += count;
        }
        if (heard > 0) {
            listener.heard(bytes, heard);
        }
        if (firstOver) {
            exceeded.run();
        }
    }

    private void keep(byte[] bytes, int count) {
        if (length + count > kept.length) {
            long doubled = Math.max(length + count, 2L * kept.length);
            kept = Arrays.copyOf(kept, (int) Math.min(cap, doubled));
        }
        System.arraycopy(bytes, 0, kept, length, count);
        length += count;
    }

    public synchronized byte[] bytes() {
        return Arrays.copyOf(kept, length);
    }

    /** Whether there was more than is kept. */
    public synchronized boolean truncated() {
        return printed > length;
    }

    /** Whether there was more than may be printed. */
    public synchronized boolean exceeded() {
        return printed > most;
    }

    /** Hears bytes as they come; the array is reused after the call. */
    @FunctionalInterface
    public interface Listener {
        void heard(byte[] bytes, int count);
    }
}
