package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Fault;
import boxcar.job.JobResult;
import boxcar.job.Ledger;
import boxcar.job.Telemetry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes results, and keeps in the ledger what was published. When a method returns, the broker
 * has the record; nothing is published once the lock on the job is lost.
 */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private final Doors doors;
    private final InstantSource clock;

    Answers(Doors doors, InstantSource clock) {
        this.doors = doors;
        this.clock = clock;
    }

    /** Header of a result's record: SHA-256 of the job's content, hexadecimal. */
    private static final String DIGEST = "boxcar.digest";

    /** Where answers go. */
    record Doors(
            IntakeSettings settings,
            Wire wire,
            Ledger ledger,
            Telemetry telemetry,
            Outbox outbox,
            DeadLetters deadLetters) {}

    /** Publishes a job's first result, which stays its result. */
    void give(Delivery delivery, Claim claim, JobResult result) throws Fault, InterruptedException {
        Sent sent = send(delivery, claim, result);
        try (var _ = doors.telemetry.begin("ledger-write")) {
            doors.ledger.record(
                    new Ledger.Entry(
                            claim.jobId(), claim.digest(), sent.outcome.name(), sent.result));
        } catch (Fault fault) {
            // The answer is out: to give the job back would only bring it out twice.
            log.error("Job {} is answered but not in the ledger", claim.jobId(), fault);
            doors.telemetry.fault(fault.step());
        }
        finished(delivery, claim, sent);
    }

    /** Publishes a result beside the job's own, which the ledger keeps. */
    void giveBeside(Delivery delivery, Claim claim, JobResult result)
            throws Fault, InterruptedException {
        finished(delivery, claim, send(delivery, claim, result));
    }

    /** Publishes the very bytes of before. */
    void repeat(Delivery delivery, Claim claim, Ledger.Entry entry)
            throws Fault, InterruptedException {
        delivery.worked().run();
        requireLock(delivery);
        try {
            doors.outbox.publish(record(claim, entry.result()));
        } catch (Outbox.RefusedRecordException e) {
            // It was refused the first time, too, or the topic takes less than it did.
            doors.deadLetters.put(
                    delivery, "result-refused", "a known result is refused: " + e.getMessage());
        }
        doors.telemetry.answeredFromLedger(claim.kind());
    }

    private record Sent(JobResult.Outcome outcome, byte[] result) {}

    /**
     * Publishes a result; if it is refused a small one that says so; if that is too, a dead letter.
     */
    private Sent send(Delivery delivery, Claim claim, JobResult result)
            throws Fault, InterruptedException {
        delivery.worked().run();
        byte[] value = encode(delivery, claim, result);
        int most = doors.settings.maxResultBytes();
        if (value.length > most) {
            String refusal =
                    "the result has %d bytes, a record may have %d: ask for less output"
                            .formatted(value.length, most);
            return sendSmaller(delivery, claim, refusal);
        }
        requireLock(delivery);
        try (var _ = doors.telemetry.begin("publish")) {
            doors.outbox.publish(record(claim, value));
            return new Sent(result.outcome(), value);
        } catch (Outbox.RefusedRecordException e) {
            String refusal =
                    "the result of " + value.length + " bytes is refused: " + e.getMessage();
            return sendSmaller(delivery, claim, refusal);
        }
    }

    private Sent sendSmaller(Delivery delivery, Claim claim, String refusal)
            throws Fault, InterruptedException {
        log.error("Job {}: {}", claim.jobId(), refusal);
        doors.telemetry.fault("publish");
        JobResult smaller = JobResult.fault("publish", refusal);
        byte[] value = encode(delivery, claim, smaller);
        requireLock(delivery);
        try {
            doors.outbox.publish(record(claim, value));
        } catch (Outbox.RefusedRecordException e) {
            doors.deadLetters.put(delivery, "result-refused", refusal);
        }
        return new Sent(smaller.outcome(), value);
    }

    private byte[] encode(Delivery delivery, Claim claim, JobResult result) {
        try (var _ = doors.telemetry.begin("encode")) {
            return doors.wire.result(
                    new Answer(
                            claim.jobId(),
                            claim.kind(),
                            result,
                            UUID.randomUUID().toString(),
                            delivery.count(),
                            delivery.queuedAt(),
                            delivery.taken().at(),
                            clock.instant(),
                            claim.format()));
        }
    }

    private ProducerRecord<byte[], byte[]> record(Claim claim, byte[] value) {
        var record =
                new ProducerRecord<>(
                        doors.settings.topics().results(), claim.jobId().getBytes(UTF_8), value);
        record.headers().add(DIGEST, claim.digest().getBytes(UTF_8));
        return record;
    }

    /** Which content a result answers, as its record tells; null if it does not. */
    static @Nullable String digest(Headers headers) {
        Header digest = headers.lastHeader(DIGEST);
        return digest == null || digest.value() == null ? null : new String(digest.value(), UTF_8);
    }

    private void finished(Delivery delivery, Claim claim, Sent sent) {
        Instant now = clock.instant();
        Duration took =
                now.isBefore(delivery.taken().at())
                        ? Duration.ZERO
                        : Duration.between(delivery.taken().at(), now);
        doors.telemetry.finished(claim.kind(), sent.outcome, took);
    }

    private static void requireLock(Delivery delivery) throws InterruptedException {
        if (!delivery.held().getAsBoolean()) {
            throw new LockLost(delivery.place(), "it was not renewed in time");
        }
    }
}
