package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
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

    private final Doors doors;
    private final Outbox outbox;
    private final DeadLetters deadLetters;
    private final InstantSource clock;
    private final JobTurns turns = new JobTurns();

    JobDesk(Doors doors, Outbox outbox, InstantSource clock) {
        this.doors = doors;
        this.outbox = outbox;
        this.deadLetters = new DeadLetters(doors.settings, outbox, doors.telemetry);
        this.clock = clock;
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

    /**
     * What is known of a job before it is answered.
     *
     * @param runs whether answering it may break this replica
     */
    private record Claim(String jobId, Job.Kind kind, String digest, boolean runs, Work work) {}

    /** What answers a job that has no answer yet. */
    @FunctionalInterface
    private interface Work {
        JobResult result(Cancellation cancellation) throws Fault, InterruptedException;
    }

    @Override
    public Settling handle(Delivery delivery) throws InterruptedException {
        return switch (read(delivery)) {
            case Decoded.Unreadable(String reason, String message) ->
                    bury(delivery, reason, message);
            case Decoded.Bad(var id, var kind, var digest, var rejection) ->
                    answer(
                            delivery,
                            new Claim(id, kind, digest, false, _ -> JobResult.rejected(rejection)));
            case Decoded.Good(Job job) ->
                    answer(
                            delivery,
                            new Claim(job.id(), job.kind(), job.digest(), true, c -> run(job, c)));
        };
    }

    private Decoded read(Delivery delivery) {
        try {
            return doors.wire.job(delivery.topic(), delivery.key(), delivery.value());
        } catch (RuntimeException e) {
            log.error("Reading {} failed", delivery.place(), e);
            return new Decoded.Unreadable("decoder", String.valueOf(e));
        }
    }

    private JobResult run(Job job, Cancellation cancellation) throws Fault, InterruptedException {
        if (cancellation.isCancelled()) {
            return JobResult.cancelled();
        }
        try {
            return doors.runner.run(job, doors.progress.apply(job.id()), cancellation);
        } catch (RuntimeException e) {
            log.error("Job {} failed within Boxcar", job.id(), e);
            throw new Fault("internal", Fault.Next.TRY_ELSEWHERE, e.toString());
        }
    }

    private Settling bury(Delivery delivery, String reason, String message)
            throws InterruptedException {
        try {
            deadLetters.put(delivery, reason, message);
            return new Settling.Accept();
        } catch (Fault fault) {
            log.error("No dead letter for {}: {}", delivery.place(), fault.getMessage());
            doors.telemetry.fault(fault.step());
            return backOff(delivery, fault);
        }
    }

    private Settling answer(Delivery delivery, Claim claim) throws InterruptedException {
        doors.telemetry.taken(
                claim.kind, delivery.count(), atLeastZero(delivery.queuedAt(), delivery.taken()));
        try (var _ = turns.take(claim.jobId)) {
            return answerInTurn(delivery, claim);
        } catch (InterruptedException e) {
            if (delivery.held().getAsBoolean()) {
                doors.telemetry.released(claim.kind);
            } else {
                doors.telemetry.lockLost(claim.kind);
            }
            throw e;
        }
    }

    private Settling answerInTurn(Delivery delivery, Claim claim) throws InterruptedException {
        try {
            return answerOnce(delivery, claim);
        } catch (Fault fault) {
            doors.telemetry.fault(fault.step());
            log.warn(
                    "Job {}, delivery {}: fault at {}: {}",
                    claim.jobId,
                    delivery.count(),
                    fault.step(),
                    fault.getMessage());
            return afterFault(delivery, claim, fault);
        }
    }

    private Settling afterFault(Delivery delivery, Claim claim, Fault fault)
            throws InterruptedException {
        if (fault.next() == Fault.Next.GIVE_UP) {
            try {
                return publish(
                        delivery,
                        claim,
                        JobResult.fault(fault.step(), String.valueOf(fault.getMessage())));
            } catch (Fault unpublished) {
                doors.telemetry.fault(unpublished.step());
            }
        }
        Settling settling = backOff(delivery, fault);
        doors.telemetry.released(claim.kind);
        return settling;
    }

    private Settling answerOnce(Delivery delivery, Claim claim) throws Fault, InterruptedException {
        Optional<Ledger.Entry> known = doors.ledger.find(claim.jobId);
        if (known.isPresent()) {
            return repeat(delivery, claim, known.get());
        }
        if (delivery.count() > 1 && wasAnsweredElsewhere(delivery, claim)) {
            return new Settling.Accept();
        }
        if (isLast(delivery, claim)) {
            return giveUp(delivery, claim);
        }
        Cancellation cancellation = doors.cancellations.began(claim.jobId);
        JobResult result;
        try {
            result = claim.work.result(cancellation);
        } finally {
            doors.cancellations.ended(claim.jobId);
        }
        return publish(delivery, claim, result);
    }

    private boolean isLast(Delivery delivery, Claim claim) {
        return claim.runs
                && delivery.count() >= doors.settings.deliveryLimit()
                && !doors.cancellations.isCancelled(claim.jobId);
    }

    /**
     * A job that comes again may have been answered by a replica that died before it could
     * acknowledge: so the results themselves are asked. What is there needs no repeating.
     */
    private boolean wasAnsweredElsewhere(Delivery delivery, Claim claim)
            throws Fault, InterruptedException {
        Optional<byte[]> published = doors.past.find(claim.jobId, delivery.queuedAt());
        if (published.isEmpty()) {
            return false;
        }
        byte[] result = published.get();
        log.info("Job {} was answered already by another attempt", claim.jobId);
        doors.ledger.record(new Ledger.Entry(claim.jobId, claim.digest, outcome(result), result));
        return true;
    }

    private String outcome(byte[] result) {
        try {
            return doors.wire.outcome(result);
        } catch (IllegalArgumentException e) {
            return JobResult.Outcome.FAULT.name();
        }
    }

    private Settling repeat(Delivery delivery, Claim claim, Ledger.Entry entry)
            throws Fault, InterruptedException {
        if (!entry.digest().equals(claim.digest)) {
            return refuseReuse(delivery, claim);
        }
        requireLock(delivery);
        doors.telemetry.answeredFromLedger(claim.kind);
        try {
            outbox.publish(resultRecord(claim.jobId, entry.result()));
            return new Settling.Accept();
        } catch (Outbox.RefusedRecordException e) {
            throw new Fault("publish", Fault.Next.TRY_ELSEWHERE, "a known result is refused", e);
        }
    }

    /** The job id has its outcome, which this does not change: the ledger is left as it is. */
    private Settling refuseReuse(Delivery delivery, Claim claim)
            throws Fault, InterruptedException {
        JobResult refused =
                JobResult.rejected(
                        new Rejection("job_id", claim.jobId, "was seen before with other content"));
        send(delivery, claim, refused);
        doors.telemetry.finished(claim.kind, refused.outcome(), sinceTaken(delivery));
        return new Settling.Accept();
    }

    private Settling giveUp(Delivery delivery, Claim claim) throws Fault, InterruptedException {
        String message = "delivered " + delivery.count() + " times, never finished";
        doors.telemetry.fault("deliveries");
        Settling settling = publish(delivery, claim, JobResult.fault("deliveries", message));
        try {
            deadLetters.put(delivery, "deliveries", message);
        } catch (Fault fault) {
            // The job has its answer; the letter is a copy for people.
            log.error("No dead letter for {}: {}", delivery.place(), fault.getMessage());
            doors.telemetry.fault(fault.step());
        }
        return settling;
    }

    private Settling publish(Delivery delivery, Claim claim, JobResult result)
            throws Fault, InterruptedException {
        Sent sent = send(delivery, claim, result);
        if (sent.result == null) {
            return new Settling.Accept();
        }
        String outcome = sent.outcome.name();
        try {
            doors.ledger.record(new Ledger.Entry(claim.jobId, claim.digest, outcome, sent.result));
        } catch (Fault fault) {
            // The answer is out: to give the job back would only bring it out twice.
            log.error("Job {} is answered but not in the ledger", claim.jobId, fault);
            doors.telemetry.fault(fault.step());
        }
        doors.telemetry.finished(claim.kind, sent.outcome, sinceTaken(delivery));
        return new Settling.Accept();
    }

    /** What went out; {@code result} is null if only a dead letter could. */
    private record Sent(JobResult.Outcome outcome, byte @Nullable [] result) {}

    /**
     * Publishes a result, or if it is refused a small one that says so, or at last a dead letter.
     */
    private Sent send(Delivery delivery, Claim claim, JobResult result)
            throws Fault, InterruptedException {
        byte[] value = encode(delivery, claim, result);
        String refusal;
        if (value.length > doors.settings.maxResultBytes()) {
            refusal =
                    "the result has %d bytes, a record may have %d: ask for less output"
                            .formatted(value.length, doors.settings.maxResultBytes());
        } else {
            requireLock(delivery);
            try {
                outbox.publish(resultRecord(claim.jobId, value));
                return new Sent(result.outcome(), value);
            } catch (Outbox.RefusedRecordException e) {
                refusal = "the result of " + value.length + " bytes is refused: " + e.getMessage();
            }
        }
        doors.telemetry.fault("publish");
        log.error("Job {}: {}", claim.jobId, refusal);
        return sendSmaller(delivery, claim, refusal);
    }

    private Sent sendSmaller(Delivery delivery, Claim claim, String refusal)
            throws Fault, InterruptedException {
        JobResult smaller = JobResult.fault("publish", refusal);
        byte[] value = encode(delivery, claim, smaller);
        requireLock(delivery);
        try {
            outbox.publish(resultRecord(claim.jobId, value));
            return new Sent(smaller.outcome(), value);
        } catch (Outbox.RefusedRecordException e) {
            deadLetters.put(delivery, "result-refused", refusal);
            return new Sent(smaller.outcome(), null);
        }
    }

    private byte[] encode(Delivery delivery, Claim claim, JobResult result) {
        return doors.wire.result(
                new Answer(
                        claim.jobId,
                        claim.kind,
                        result,
                        UUID.randomUUID().toString(),
                        delivery.count(),
                        delivery.queuedAt(),
                        delivery.taken(),
                        clock.instant()));
    }

    private ProducerRecord<byte[], byte[]> resultRecord(String jobId, byte[] value) {
        return new ProducerRecord<>(
                doors.settings.topics().results(), jobId.getBytes(UTF_8), value);
    }

    /** Nothing is published once somebody else may have the job. */
    private static void requireLock(Delivery delivery) throws InterruptedException {
        if (!delivery.held().getAsBoolean()) {
            throw new InterruptedException("the lock on " + delivery.place() + " is lost");
        }
    }

    /** Waits under the lock, since a released record comes back at once and counts. */
    private Settling backOff(Delivery delivery, Fault fault) throws InterruptedException {
        long base = doors.settings.faultBackOff().toMillis() << Math.min(delivery.count() - 1, 16);
        long millis = Math.min(base, LONGEST_BACK_OFF.toMillis());
        long jittered = ThreadLocalRandom.current().nextLong(millis / 2, millis + 1);
        Thread.sleep(Duration.ofMillis(jittered));
        boolean elsewhere = fault.next() == Fault.Next.TRY_ELSEWHERE;
        return new Settling.Release(elsewhere ? Duration.ofMillis(jittered) : Duration.ZERO);
    }

    private Duration sinceTaken(Delivery delivery) {
        return atLeastZero(delivery.taken(), clock.instant());
    }

    private static Duration atLeastZero(Instant from, Instant to) {
        return to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }
}
