package boxcar.process;

import java.util.Arrays;

/**
 * Keeps what comes out of one stream, up to a cap. What is over the cap is read and thrown away, so
 * that the writer never waits for us. Safe for many threads.
 */
public final class Capture {
    private final int cap;
    private final Listener listener;
    private final Runnable full;
    private byte[] kept = new byte[512];
    private int length;
    private boolean truncated;

    /**
     * @param cap in bytes
     * @param listener hears what is kept, as it comes
     * @param full is run once, by the draining thread, when there is more than the cap
     */
    public Capture(int cap, Listener listener, Runnable full) {
        this.cap = cap;
        this.listener = listener;
        this.full = full;
    }

    /** Keeps up to the cap and tells nobody. */
    public static Capture quiet(int cap) {
        return new Capture(cap, (_, _) -> {}, () -> {});
    }

    void take(byte[] bytes, int count) {
        int fits;
        boolean firstOver;
        synchronized (this) {
            fits = Math.min(count, cap - length);
            firstOver = fits < count && !truncated;
            truncated |= firstOver;
            if (length + fits > kept.length) {
                long doubled = Math.max(length + fits, 2L * kept.length);
                kept = Arrays.copyOf(kept, (int) Math.min(cap, doubled));
            }
            System.arraycopy(bytes, 0, kept, length, fits);
            length += fits;
        }
        if (fits > 0) {
            listener.heard(bytes, fits);
        }
        if (firstOver) {
            full.run();
        }
    }

    public synchronized byte[] bytes() {
        return Arrays.copyOf(kept, length);
    }

    /** Whether there was more than the cap. */
    public synchronized boolean truncated() {
        return truncated;
    }

    /** Hears bytes as they come; the array is reused after the call. */
    @FunctionalInterface
    public interface Listener {
        void heard(byte[] bytes, int count);
    }
}
