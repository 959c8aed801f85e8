package boxcar.engine;

import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Stage;
import boxcar.job.StageKind;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.exception.AcquirePermissionCancelledException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sandbox behind two bulkheads and a circuit breaker. Installations, which are long, have a
 * number of boxes of their own, so that they never take those of executions. When stages fail to
 * start several times in a row the circuit opens: nothing runs until {@link #check} has run a real
 * stage well.
 */
public final class SandboxGuard implements Sandbox {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxGuard.class);
    private static final int IN_A_ROW = 3;

    /**
     * A stage waits for a box as long as its job's lock is renewed; the bulkhead itself has no say.
     */
    private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofDays(1);

    private final Sandbox sandbox;
    private final Bulkhead installs;
    private final Bulkhead executions;
    private final Supplier<Stage> healthCheck;

    /** One health check at a time: they share a work directory. */
    private final ReentrantLock checking = new ReentrantLock();

    private final CircuitBreaker breaker =
            CircuitBreaker.of(
                    "sandbox",
                    CircuitBreakerConfig.custom()
                            .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                            .slidingWindowSize(IN_A_ROW)
                            .minimumNumberOfCalls(IN_A_ROW)
                            .failureRateThreshold(100)
                            .waitDurationInOpenState(AS_LONG_AS_IT_TAKES)
                            .recordException(SandboxGuard::isOurs)
                            .build());

    /**
     * {@code executionsAtOnce} and {@code installsAtOnce} together are the sandbox's boxes.
     *
     * @param healthCheck makes a stage that any sandbox that works ends well
     */
    public SandboxGuard(
            Sandbox sandbox,
            int executionsAtOnce,
            int installsAtOnce,
            Supplier<Stage> healthCheck) {
        this.healthCheck = healthCheck;
        this.sandbox = sandbox;
        this.executions = bulkhead("executions", executionsAtOnce);
        this.installs = bulkhead("installs", installsAtOnce);
    }

    /**
     * With as many places as the sandbox has boxes, if those are fewer than were wished for: they
     * are shared in the same proportion, and each kind has one at least. Otherwise installations
     * and health checks would take boxes of executions.
     */
    public static SandboxGuard sharing(
            Sandbox sandbox, int executions, int installs, Supplier<Stage> healthCheck) {
        int boxes = sandbox.boxes().total();
        int wished = executions + installs;
        if (boxes >= wished) {
            return new SandboxGuard(sandbox, executions, installs, healthCheck);
        }
        int fewer = Math.max(1, boxes * installs / wished);
        return new SandboxGuard(sandbox, Math.max(1, boxes - fewer), fewer, healthCheck);
    }

    private static Bulkhead bulkhead(String name, int atOnce) {
        return Bulkhead.of(
                name,
                BulkheadConfig.custom()
                        .maxConcurrentCalls(atOnce)
                        .maxWaitDuration(AS_LONG_AS_IT_TAKES)
                        .build());
    }

    private static boolean isOurs(Throwable failure) {
        return failure instanceof Fault fault
                && (fault.step().equals("sandbox") || fault.step().equals("box"));
    }

    /** Hears when the circuit opens (true) and closes (false). */
    public void onOpen(Consumer<Boolean> listener) {
        breaker.getEventPublisher()
                .onStateTransition(event ->
                        listener.accept(
                                event.getStateTransition().getToState()
                                        == CircuitBreaker.State.OPEN));
    }

    public boolean isOpen() {
        return breaker.getState() == CircuitBreaker.State.OPEN;
    }

    /**
     * Runs the health check past the circuit, and closes the circuit if that ended well.
     *
     * @return whether the sandbox works
     */
    public boolean check() throws InterruptedException {
        boolean works = works();
        if (works) {
            breaker.transitionToClosedState();
        }
        return works;
    }

    /**
     * Runs the health check past the circuit, and leaves the circuit as it is.
     *
     * @return whether the sandbox works
     */
    public boolean works() throws InterruptedException {
        checking.lockInterruptibly();
        try {
            Ending ending = sandbox.run(healthCheck.get(), new Cancellation());
            boolean well = ending.how().equals(new Ending.Exited(0));
            if (!well) {
                LOG.warn("the sandbox's health check ended with {}", ending.how());
            }
            return well;
        } catch (Fault fault) {
            LOG.warn("the sandbox's health check failed: {}", fault.getMessage());
            return false;
        } catch (RuntimeException e) {
            LOG.warn("the sandbox's health check could not be run: {}", e.toString());
            return false;
        } finally {
            checking.unlock();
        }
    }

    @Override
    public Ending run(Stage stage, Cancellation cancellation) throws Fault, InterruptedException {
        Bulkhead bulkhead = stage.kind() == StageKind.INSTALL ? installs : executions;
        if (cancellation.awaitUnlessCancelled(() -> acquire(bulkhead)).isEmpty()) {
            return Ending.cancelled("Cancelled before it had a box");
        }
        try {
            return guarded(stage, cancellation);
        } finally {
            bulkhead.onComplete();
        }
    }

    private static Bulkhead acquire(Bulkhead bulkhead) throws Fault, InterruptedException {
        try {
            bulkhead.acquirePermission();
            return bulkhead;
        } catch (BulkheadFullException | AcquirePermissionCancelledException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while waiting for a box");
            }
            throw new Fault("box", Fault.Next.TRY_ELSEWHERE, "no box became free", e);
        }
    }

    private Ending guarded(Stage stage, Cancellation cancellation)
            throws Fault, InterruptedException {
        if (!breaker.tryAcquirePermission()) {
            throw new Fault(
                    "sandbox-resting",
                    Fault.Next.TRY_ELSEWHERE,
                    "the sandbox failed "
                            + IN_A_ROW
                            + " times in a row and rests until its health check passes");
        }
        long start = System.nanoTime();
        try {
            Ending ending = sandbox.run(stage, cancellation);
            breaker.onSuccess(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            return ending;
        } catch (Fault fault) {
            tell(fault, System.nanoTime() - start);
            throw fault;
        } catch (InterruptedException e) {
            breaker.releasePermission();
            throw e;
        }
    }

    /**
     * What one stage alone brings about says nothing of the sandbox, and must not keep the jobs of
     * others waiting: a failure counts if the health check fails, too.
     */
    private void tell(Fault fault, long nanos) throws InterruptedException {
        boolean ofTheStage;
        try {
            ofTheStage = isOurs(fault) && works();
        } catch (InterruptedException e) {
            breaker.releasePermission();
            throw e;
        }
        if (ofTheStage) {
            breaker.releasePermission();
            return;
        }
        breaker.onError(nanos, TimeUnit.NANOSECONDS, fault);
        if (isOurs(fault) && sandbox.boxes().total() == 0) {
            // It is known by now: nothing can run before a box is swept.
            open();
        }
    }

    private synchronized void open() {
        if (!isOpen()) {
            breaker.transitionToOpenState();
        }
    }

    @Override
    public Disk disk() throws Fault, InterruptedException {
        return sandbox.disk();
    }

    @Override
    public Engine engine() {
        return sandbox.engine();
    }

    @Override
    public Boxes boxes() {
        return sandbox.boxes();
    }

    @Override
    public void close() {
        sandbox.close();
    }
}
