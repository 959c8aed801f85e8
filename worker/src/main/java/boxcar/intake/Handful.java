package boxcar.intake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jobs that one poll of a slot brought, until each is settled. Their locks are kept meanwhile.
 * For the slot's thread, save where it says so.
 */
final class Handful {
    private static final Logger log = LoggerFactory.getLogger(Handful.class);

    /** How long those that ended wait for others, to be settled together. */
    private static final Duration TOGETHER = Duration.ofMillis(200);

    /** How long a job waits here for its turn, if another replica may take it. */
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /** Two deliveries that may fail, and the last, that is not run. */
    private static final int TRIES = 3;

    private final String slot;
    private final Leases leases;
    private final List<HeldJob> jobs;
    private final List<HeldJob> unsettled;
    private final CountDownLatch running;
    private final Rules rules;
    private final long begun = System.nanoTime();
    private Duration rest = Duration.ZERO;
    private volatile int held;

    /**
     * @param jobs all that the leases are of
     * @param running counted down by each job that ends
     */
    Handful(String slot, Leases leases, List<HeldJob> jobs, CountDownLatch running, Rules rules) {
        this.slot = slot;
        this.leases = leases;
        this.jobs = List.copyOf(jobs);
        this.unsettled = new ArrayList<>(jobs);
        this.held = jobs.size();
        this.running = running;
        this.rules = rules;
    }

    /**
     * What surrounds it.
     *
     * @param mayBegin whether jobs that wait here may still begin
     * @param beforeRelease to be called before a job is given back while none may begin
     * @param onLate called when jobs wait for too long
     * @param deliveryLimit how often a job is delivered
     * @param onSettled hears of each job that is settled
     */
    record Rules(
            BooleanSupplier mayBegin,
            Runnable beforeRelease,
            Runnable onLate,
            int deliveryLimit,
            Consumer<HeldJob.Ended> onSettled) {}

    /** How many are not settled. For any thread. */
    int held() {
        return held;
    }

    /** Stops all that run. For any thread. */
    void interrupt() {
        jobs.forEach(HeldJob::interrupt);
    }

    /**
     * Waits until all jobs are settled.
     *
     * @return how long the slot is to take nothing
     */
    Duration await() throws InterruptedException {
        while (!unsettled.isEmpty()) {
            boolean _ = running.await(untilNextLook().toNanos(), TimeUnit.NANOSECONDS);
            settleEnded();
            if (!unsettled.isEmpty()) {
                leases.send();
                leases.renewIfDue();
                stopLost();
                withdrawWaiting();
            }
        }
        return rest;
    }

    private Duration untilNextLook() {
        Duration renewal = leases.untilRenewal();
        return jobs.size() == 1 || renewal.compareTo(TOGETHER) < 0 ? renewal : TOGETHER;
    }

    private void settleEnded() {
        for (HeldJob job : List.copyOf(unsettled)) {
            HeldJob.Ended ended = job.ended();
            if (ended != null) {
                unsettled.remove(job);
                settle(job.lease(), ended.settling());
                held = unsettled.size();
                rules.onSettled.accept(ended);
            }
        }
    }

    private void settle(Lease lease, Settling settling) {
        switch (settling) {
            case Settling.Accept _ -> leases.accept(lease);
            case Settling.Release(Duration wish) -> {
                if (!rules.mayBegin.getAsBoolean()) {
                    rules.beforeRelease.run();
                }
                leases.release(lease);
                rest = wish.compareTo(rest) > 0 ? wish : rest;
            }
        }
    }

    private void stopLost() {
        for (HeldJob job : unsettled) {
            if (job.lease().isLost() && job.lose()) {
                log.warn("{}: the lock on {} is lost", slot, job.lease().where());
            }
        }
    }

    /**
     * Jobs that wait for their turn are given back if it will not come, or so late that somebody
     * else may be sooner. Each delivery counts, so of the latter only those that can be tried twice
     * all the same.
     */
    private void withdrawWaiting() {
        boolean stopped = !rules.mayBegin.getAsBoolean();
        boolean late = System.nanoTime() - begun > PATIENCE.toNanos() || rest.isPositive();
        if (!stopped && !late) {
            return;
        }
        List<HeldJob> waiting = unsettled.stream().filter(HeldJob::isWaiting).toList();
        if (late && !waiting.isEmpty()) {
            rules.onLate.run();
        }
        for (HeldJob job : waiting) {
            if (stopped || job.lease().count() <= rules.deliveryLimit - TRIES) {
                log.debug(
                        "{}: {}, delivery {}, waits and is given back: {}",
                        slot,
                        job.lease().where(),
                        job.lease().count(),
                        stopped ? "this worker begins no more" : "another may be sooner");
                job.withdraw();
            }
        }
    }
}
