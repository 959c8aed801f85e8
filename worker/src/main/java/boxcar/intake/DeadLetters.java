package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Fault;
import boxcar.job.Telemetry;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where records go that cannot be answered or never finished: key, value and headers as received,
 * and headers {@code boxcar.*} that say why, from where, and which delivery.
 */
final class DeadLetters {
    private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);

    private final IntakeSettings settings;
    private final Outbox outbox;
    private final Telemetry telemetry;

    DeadLetters(IntakeSettings settings, Outbox outbox, Telemetry telemetry) {
        this.settings = settings;
        this.outbox = outbox;
        this.telemetry = telemetry;
    }

    /**
     * @param reason one of a few constant words
     * @throws Fault if the letter is not known to be written
     */
    void put(Delivery delivery, String reason, String message) throws Fault, InterruptedException {
        delivery.worked().run();
        try {
            outbox.publish(letter(delivery, reason, message));
        } catch (Outbox.RefusedRecordException e) {
            throw new Fault("publish", Fault.Next.TRY_ELSEWHERE, "the dead letter is refused", e);
        }
        telemetry.deadLetter(reason);
        // The message may quote the record, which is the producer's.
        log.warn("Dead letter: {}, {}; its headers say more", delivery.place(), reason);
        log.debug("Dead letter: {}: {}", delivery.place(), message);
    }

    private ProducerRecord<byte[], byte[]> letter(
            Delivery delivery, String reason, String message) {
        var received = delivery.record();
        var letter =
                new ProducerRecord<byte[], byte[]>(
                        settings.topics().deadLetters(),
                        null,
                        delivery.key(),
                        delivery.value(),
                        received.headers());
        Map.of(
                        "boxcar.reason", reason,
                        "boxcar.message", message,
                        "boxcar.topic", received.topic(),
                        "boxcar.partition", String.valueOf(received.partition()),
                        "boxcar.offset", String.valueOf(received.offset()),
                        "boxcar.delivery", String.valueOf(delivery.count()),
                        "boxcar.replica", settings.replica())
                .forEach((name, value) -> letter.headers().add(name, value.getBytes(UTF_8)));
        return letter;
    }
}
