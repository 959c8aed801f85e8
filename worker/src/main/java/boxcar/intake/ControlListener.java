package boxcar.intake;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control topic, as every replica does: a day back, so that a wish that is older than
 * this replica holds for the jobs that it will take. Once it has read up to the end it opens the
 * gate. On the way it sees whether Kafka answers.
 */
final class ControlListener implements Runnable {
    /** Why the gate is closed at first. */
    static final String CATCHING_UP = "reading what is cancelled";

    private static final Logger log = LoggerFactory.getLogger(ControlListener.class);
    private static final Duration BACK = Duration.ofDays(1);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
    private static final Duration LOOK_PATIENCE = Duration.ofSeconds(3);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** A flood of records that nobody can read must not fill the log. */
    private static final int TOLD_EACH = 1000;

    private final Doors doors;
    private final InstantSource clock;
    private long unread;

    ControlListener(Doors doors, InstantSource clock) {
        this.doors = doors;
        this.clock = clock;
    }

    /** What it reads and whom it tells. */
    record Doors(
            KafkaClients clients,
            String topic,
            String clientId,
            Wire wire,
            Cancellations cancellations,
            Gate gate,
            Reach reach,
            Consumer<String> onFatal) {}

    @Override
    public void run() {
        try {
            while (!doors.gate.isStopped()) {
                try (KafkaConsumer<byte[], byte[]> consumer =
                        doors.clients.reader(doors.clientId)) {
                    listen(consumer);
                } catch (InterruptException e) {
                    return;
                } catch (KafkaException e) {
                    doors.reach.lost(e);
                    if (KafkaFailures.isAccess(e)) {
                        doors.onFatal.accept(
                                "Cannot read " + doors.topic + ": " + KafkaFailures.sayAndMend(e));
                        return;
                    }
                    doors.gate.rest(RETRY);
                } catch (RuntimeException e) {
                    // A mistake of ours; a listener that died of it would be missed by nobody.
                    log.error("Listening to {} failed; trying again", doors.topic, e);
                    doors.gate.rest(RETRY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void listen(KafkaConsumer<byte[], byte[]> consumer) {
        TopicReading reading = TopicReading.assign(consumer, doors.topic);
        reading.from(clock.instant().minus(BACK));
        var ends = reading.ends();
        boolean caughtUp = false;
        Instant look = clock.instant().plus(LOOK_EVERY);
        doors.reach.answered();
        while (!doors.gate.isStopped()) {
            if (!caughtUp && reading.hasReached(ends)) {
                caughtUp = true;
                doors.gate.resume(CATCHING_UP);
            }
            consumer.poll(POLL).forEach(this::hear);
            if (clock.instant().isAfter(look)) {
                reading.ends(LOOK_PATIENCE);
                doors.reach.answered();
                look = clock.instant().plus(LOOK_EVERY);
            }
        }
    }

    private void hear(ConsumerRecord<byte[], byte[]> record) {
        try {
            doors.cancellations.cancel(doors.wire.cancelled(record.value()));
        } catch (UnreadableValue | RuntimeException e) {
            unread++;
            boolean newer = e instanceof UnreadableValue unreadable && unreadable.isNewer();
            if (unread % TOLD_EACH == 1) {
                log.warn(
                        "{}-{}@{}, the {}. of its kind, cancels nothing here: {}{}",
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        unread,
                        e.getMessage(),
                        newer ? "; update this worker" : "");
            }
        }
    }
}
