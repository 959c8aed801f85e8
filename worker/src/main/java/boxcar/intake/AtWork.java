package boxcar.intake;

/**
 * How many of the jobs that a slot holds need it. As soon as all that have not ended only wait, the
 * slot can let another one serve. Safe for many threads.
 */
final class AtWork {
    private final Runnable onAllWait;
    private int held;
    private int waiting;

    AtWork(int held, Runnable onAllWait) {
        this.held = held;
        this.onAllWait = onAllWait;
    }

    /** For a job that waits. */
    void aside(Delivery.Wait wait) throws InterruptedException {
        change(0, 1);
        try {
            wait.await();
        } finally {
            change(0, -1);
        }
    }

    /** A job has ended. */
    void ended() {
        change(-1, 0);
    }

    private synchronized void change(int more, int waitMore) {
        held += more;
        waiting += waitMore;
        if (held > 0 && waiting == held) {
            onAllWait.run();
        }
    }
}
