package boxcar.intake;

import static boxcar.job.Fault.Next.TRY_ELSEWHERE;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.job.Ledger;
import boxcar.job.Progress;
import boxcar.job.Rejection;
import boxcar.job.Telemetry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what becomes of one delivery of a job: answered, run, given back or put to the dead
 * letters. A job that was answered once is answered the same again; the last permitted delivery is
 * not run but ends the job, so that none ends in silence.
 *
 * <p>An accepted record has its answer acknowledged by the broker. Safe for many threads: the
 * deliveries of one job id wait for each other.
 */
final class JobDesk implements RecordHandler {
    private static final Logger log = LoggerFactory.getLogger(JobDesk.class);
    private static final Duration LONGEST_BACK_OFF = Duration.ofMinutes(1);

    /** What is given back goes within milliseconds to whoever polls. */
    private static final Duration ELSEWHERE = Duration.ofMillis(200);

    private static final Settling ACCEPT = new Settling.Accept();

    /**
     * Before a job runs, of which only the connection says that it may have come before, a look of
     * then will do: it is looked for again before its result is published.
     */
    private static final Duration LATELY = Duration.ofSeconds(1);

    private final Doors doors;
    private final DeadLetters deadLetters;
    private final Answers answers;
    private final JobTurns turns = new JobTurns();
    private final Doubtful doubtful = new Doubtful();
    private final Map<JobTopic, Rests> rests = new EnumMap<>(JobTopic.class);

    JobDesk(Doors doors, Outbox outbox, InstantSource clock) {
        this.doors = doors;
        for (JobTopic topic : JobTopic.values()) {
            rests.put(topic, new Rests(Spares.MOST));
        }
        this.deadLetters = new DeadLetters(doors.settings, outbox, doors.telemetry);
        this.answers =
                new Answers(
                        new Answers.Doors(
                                doors.settings,
                                doors.wire,
                                doors.ledger,
                                doors.telemetry,
                                outbox,
                                deadLetters),
                        clock);
    }

    /** Where the desk turns to. */
    record Doors(
            IntakeSettings settings,
            Wire wire,
            Ledger ledger,
            JobRunner runner,
            Telemetry telemetry,
            Function<String, Progress> progress,
            PastAnswers past,
            Cancellations cancellations) {}

    @Override
    public Settling handle(Delivery delivery) throws InterruptedException {
        return switch (read(delivery)) {
            case Decoded.Unreadable(String reason, String message) ->
                    bury(delivery, reason, message);
            case Decoded.Newer newer -> awaitUpdate(delivery, newer);
            case Decoded.Bad bad ->
                    answer(
                            delivery,
                            new Claim(bad.jobId(), bad.kind(), bad.digest(), bad.format()),
                            claim ->
                                    answers.give(
                                            delivery, claim, JobResult.rejected(bad.rejection())));
            case Decoded.Good(Job job, var format) ->
                    answer(
                            delivery,
                            new Claim(job.id(), job.kind(), job.digest(), format),
                            claim -> carryOut(delivery, claim, job));
        };
    }

    /** Jobs that wait before they are given back are given back now, and those to come at once. */
    void endRests() {
        rests.values().forEach(Rests::endAll);
    }

    /** Answers a job that has no answer yet. */
    @FunctionalInterface
    private interface Work {
        void answer(Claim claim) throws Fault, InterruptedException;
    }

    private Decoded read(Delivery delivery) {
        try (var _ = doors.telemetry.begin("decode")) {
            return doors.wire.job(delivery.topic(), delivery.key(), delivery.value());
        } catch (RuntimeException e) {
            log.error("Reading {} failed", delivery.place(), e);
            return new Decoded.Unreadable("undecodable", "decoding failed: " + e);
        }
    }

    private Settling bury(Delivery delivery, String reason, String message)
            throws InterruptedException {
        try {
            deadLetters.put(delivery, reason, message);
            return ACCEPT;
        } catch (Fault fault) {
            log.error("No dead letter for {}: {}", delivery.place(), fault.getMessage());
            doors.telemetry.fault(fault.step());
            return backOff(delivery, fault, new Cancellation());
        }
    }

    /**
     * A job of a newer version goes back until a replica comes that can read it. The waits double,
     * so that a cluster in the midst of an update has minutes to be done with it.
     */
    private Settling awaitUpdate(Delivery delivery, Decoded.Newer newer)
            throws InterruptedException {
        String reason = UnreadableValue.UNKNOWN_SCHEMA;
        if (!isLast(delivery)) {
            log.warn(
                    "{}, delivery {}, is given back: {}. Update this worker",
                    delivery.place(),
                    delivery.count(),
                    newer.message());
            doors.telemetry.fault(reason);
            Fault fault = new Fault(reason, TRY_ELSEWHERE, newer.message());
            Settling settling = backOff(delivery, fault, new Cancellation());
            doors.telemetry.released(newer.kind());
            return settling;
        }
        String message =
                "delivered %d times, and no worker could read it: %s"
                        .formatted(delivery.count(), newer.message());
        return newer.jobId() == null
                ? bury(delivery, reason, message)
                : answer(
                        delivery,
                        new Claim(newer.jobId(), newer.kind(), newer.digest(), null, true),
                        claim -> giveUp(delivery, claim, reason, message));
    }

    private Settling answer(Delivery delivery, Claim claim, Work work) throws InterruptedException {
        log.debug("Job {} came, delivery {}", claim.jobId(), delivery.count());
        doors.telemetry.taken(claim.kind(), delivery.count(), queued(delivery));
        try {
            Optional<Fault> fault;
            try (var _ = turns.take(claim.jobId())) {
                fault = answerInTurn(delivery, claim, work);
            }
            // Copies of the job need not wait for the end of this wait.
            return fault.isEmpty() ? ACCEPT : afterFault(delivery, claim, fault.get());
        } catch (InterruptedException e) {
            if (e instanceof LockLost || !delivery.held().getAsBoolean()) {
                log.info("Job {}: {}", claim.jobId(), e.getMessage());
                doubtful.add(claim.jobId());
                doors.telemetry.lockLost(claim.kind());
            } else {
                doors.telemetry.released(claim.kind());
            }
            throw e;
        }
    }

    /** Why it was not answered. */
    private Optional<Fault> answerInTurn(Delivery delivery, Claim claim, Work work)
            throws InterruptedException {
        Fault fault;
        try {
            answerOnce(delivery, claim, work);
            return Optional.empty();
        } catch (Fault e) {
            fault = e;
        } catch (RuntimeException e) {
            log.error("Job {} failed within Boxcar", claim.jobId(), e);
            fault = new Fault("internal", TRY_ELSEWHERE, e.toString());
        }
        doors.telemetry.fault(fault.step());
        log.warn(
                "Job {}, delivery {}: fault at {}: {}",
                claim.jobId(),
                delivery.count(),
                fault.step(),
                fault.getMessage());
        if (fault.next() == Fault.Next.GIVE_UP) {
            try {
                boolean _ = giveFirst(delivery, claim, terminal(fault));
                return Optional.empty();
            } catch (Fault unpublished) {
                doors.telemetry.fault(unpublished.step());
            }
        }
        return Optional.of(fault);
    }

    private Settling afterFault(Delivery delivery, Claim claim, Fault fault)
            throws InterruptedException {
        if (isLast(delivery)) {
            return bury(delivery, "deliveries", "the last delivery failed: " + fault.getMessage());
        }
        Settling settling;
        Cancellation cancellation = doors.cancellations.began(claim.jobId());
        try {
            settling = backOff(delivery, fault, cancellation);
        } finally {
            doors.cancellations.ended(claim.jobId(), cancellation);
        }
        if (cancellation.isCancelled() && isAnsweredAsCancelled(delivery, claim)) {
            return ACCEPT;
        }
        doors.telemetry.released(claim.kind());
        return settling;
    }

    /** Its result may be out, if the fault was that nobody said so; then that stands. */
    private boolean isAnsweredAsCancelled(Delivery delivery, Claim claim)
            throws InterruptedException {
        doubtful.add(claim.jobId());
        try (var _ = turns.take(claim.jobId())) {
            answerOnce(
                    delivery,
                    claim,
                    now -> {
                        boolean _ = giveFirst(delivery, now, JobResult.cancelled());
                    });
            return true;
        } catch (Fault unpublished) {
            doors.telemetry.fault(unpublished.step());
            return false;
        }
    }

    private static JobResult terminal(Fault fault) {
        return JobResult.fault(fault.step(), String.valueOf(fault.getMessage()));
    }

    private void answerOnce(Delivery delivery, Claim claim, Work work)
            throws Fault, InterruptedException {
        Optional<Ledger.Entry> known = known(claim);
        if (known.isPresent()) {
            answerAgain(delivery, claim, known.get());
        } else if (!wasAnsweredElsewhere(delivery, claim, LATELY)) {
            work.answer(claim);
        }
        doubtful.remove(claim.jobId());
    }

    private Optional<Ledger.Entry> known(Claim claim) throws Fault {
        try (var _ = doors.telemetry.begin("ledger-look-up")) {
            return doors.ledger.find(claim.jobId());
        }
    }

    private void answerAgain(Delivery delivery, Claim claim, Ledger.Entry entry)
            throws Fault, InterruptedException {
        if (claim.isAnsweredBy(entry.digest())) {
            answers.repeat(delivery, claim, entry);
        } else {
            refuseReuse(delivery, claim);
        }
    }

    /** The job id has its outcome, which this does not change. */
    private void refuseReuse(Delivery delivery, Claim claim) throws Fault, InterruptedException {
        String bound = "must not be used again for another job";
        var reused =
                new Rejection(Rejection.Code.JOB_ID_REUSED, "job_id", claim.jobId(), bound)
                        .sayingThatItsValue("was seen before with other content");
        answers.giveBeside(delivery, claim, JobResult.rejected(reused));
    }

    /**
     * A job that comes again may have been answered by a replica that died before it could
     * acknowledge: so the results themselves are asked. What is there needs no repeating.
     */
    private boolean wasAnsweredElsewhere(Delivery delivery, Claim claim, Duration ago)
            throws Fault, InterruptedException {
        Optional<Delivery.Doubt> doubt = doubt(delivery, claim);
        if (doubt.isEmpty()) {
            return false;
        }
        long now = System.nanoTime();
        long latest =
                cameBefore(delivery, claim)
                        ? now
                        : Math.min(doubt.get().until() - now, -ago.toNanos()) + now;
        Optional<PastAnswers.Past> published;
        try (var _ = doors.telemetry.begin("results-look-up")) {
            published = doors.past.find(claim.jobId(), delivery.queuedAt(), latest);
        }
        if (published.isEmpty()) {
            return false;
        }
        byte[] result = published.get().value();
        String digest = Objects.requireNonNullElse(published.get().digest(), claim.digest());
        log.info("Job {} was answered already by another attempt", claim.jobId());
        doors.ledger.record(new Ledger.Entry(claim.jobId(), digest, outcome(result), result));
        if (!claim.isAnsweredBy(digest)) {
            refuseReuse(delivery, claim);
        }
        return true;
    }

    private String outcome(byte[] result) {
        try {
            return doors.wire.outcome(result);
        } catch (IllegalArgumentException e) {
            return JobResult.Outcome.FAULT.name();
        }
    }

    private boolean cameBefore(Delivery delivery, Claim claim) {
        return delivery.count() > 1 || doubtful.contains(claim.jobId());
    }

    private Optional<Delivery.Doubt> doubt(Delivery delivery, Claim claim) {
        return cameBefore(delivery, claim)
                ? Optional.of(delivery.heldBefore())
                : delivery.past().doubt();
    }

    private void carryOut(Delivery delivery, Claim claim, Job job)
            throws Fault, InterruptedException {
        if (doors.cancellations.isCancelled(job.id())) {
            boolean _ = giveFirst(delivery, claim, JobResult.cancelled());
        } else if (isLast(delivery)) {
            String message = "delivered " + delivery.count() + " times, never finished";
            giveUp(delivery, claim, "deliveries", message);
        } else {
            log.debug("Job {} runs, delivery {}", job.id(), delivery.count());
            boolean _ = giveFirst(delivery, claim, run(job));
        }
    }

    /**
     * Answers a job, unless somebody who lost it, with its life or without knowing, has told of it
     * meanwhile.
     *
     * @return whether this is its answer
     */
    private boolean giveFirst(Delivery delivery, Claim claim, JobResult result)
            throws Fault, InterruptedException {
        delivery.worked().run();
        awaitWhatIsOnItsWay(delivery, claim);
        requireSameLeader(delivery);
        if (wasAnsweredElsewhere(delivery, claim, Duration.ZERO)) {
            return false;
        }
        answers.give(delivery, claim, result);
        return true;
    }

    private void requireSameLeader(Delivery delivery) throws InterruptedException {
        try (var _ = doors.telemetry.begin("leader")) {
            if (!delivery.past().isLedAsThen()) {
                throw new LockLost(delivery.place(), "its partition's leader is not that of then");
            }
        }
    }

    private void awaitWhatIsOnItsWay(Delivery delivery, Claim claim) throws InterruptedException {
        Optional<Delivery.Doubt> doubt = doubt(delivery, claim);
        if (doubt.isPresent()) {
            try (var _ = doors.telemetry.begin("results-look-up")) {
                Thread.sleep(Duration.ofNanos(doubt.get().arrived() - System.nanoTime()));
            }
        }
    }

    private boolean isLast(Delivery delivery) {
        return delivery.count() >= doors.settings.deliveryLimit();
    }

    private JobResult run(Job job) throws Fault, InterruptedException {
        Cancellation cancellation = doors.cancellations.began(job.id());
        try {
            return doors.runner.run(job, doors.progress.apply(job.id()), cancellation);
        } finally {
            doors.cancellations.ended(job.id(), cancellation);
        }
    }

    /**
     * Ends a job at its last delivery: whoever ran it did not live to tell, or nobody could read
     * it.
     */
    private void giveUp(Delivery delivery, Claim claim, String reason, String message)
            throws Fault, InterruptedException {
        if (!giveFirst(delivery, claim, JobResult.fault(reason, message))) {
            return;
        }
        doors.telemetry.fault(reason);
        try {
            deadLetters.put(delivery, reason, message);
        } catch (Fault fault) {
            // The job has its answer; the letter is a copy for people.
            log.error("No dead letter for {}: {}", delivery.place(), fault.getMessage());
            doors.telemetry.fault(fault.step());
        }
    }

    /**
     * Waits under the lock, since a released record comes back at once and counts; and aside, since
     * jobs that need nothing of what failed here must not wait for it.
     */
    private Settling backOff(Delivery delivery, Fault fault, Cancellation cancellation)
            throws InterruptedException {
        long base = doors.settings.faultBackOff().toMillis() << Math.min(delivery.count() - 1, 16);
        long millis = Math.min(base, LONGEST_BACK_OFF.toMillis());
        long jittered = ThreadLocalRandom.current().nextLong(millis / 2, millis + 1);
        Rests resting = Objects.requireNonNull(rests.get(delivery.topic()));
        delivery.worked().run();
        delivery.aside().await(() -> resting.rest(Duration.ofMillis(jittered), cancellation));
        boolean elsewhere = fault.next() == TRY_ELSEWHERE;
        return new Settling.Release(elsewhere ? ELSEWHERE : Duration.ZERO);
    }

    private static Duration queued(Delivery delivery) {
        return upTo(delivery.taken().at(), delivery.queuedAt());
    }

    /** Zero if the clocks differ or were set. */
    private static Duration upTo(Instant to, Instant from) {
        return to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }
}
