package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into the results topic for a job's result, from the job's own time to the end. That is a
 * long way behind a busy cluster, so it gives up after {@link #PATIENCE}: the job is then run once
 * more, which is allowed.
 */
final class PastResults implements PastAnswers {
    private static final Logger log = LoggerFactory.getLogger(PastResults.class);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Topics that Boxcar did not make may carry the time of a producer whose clock is off. */
    private static final Duration CLOCKS_DIFFER_BY = Duration.ofMinutes(5);

    private final KafkaClients clients;
    private final String topic;
    private final String clientId;

    PastResults(KafkaClients clients, String topic, String clientId) {
        this.clients = clients;
        this.topic = topic;
        this.clientId = clientId;
    }

    @Override
    public Optional<byte[]> find(String jobId, Instant since) throws Fault, InterruptedException {
        try (KafkaConsumer<byte[], byte[]> consumer = clients.reader(clientId)) {
            TopicReading reading = TopicReading.assign(consumer, topic);
            reading.from(since.minus(CLOCKS_DIFFER_BY));
            return scan(consumer, reading, jobId);
        } catch (InterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while looking for a past result");
        } catch (KafkaException e) {
            throw new Fault(
                    "results",
                    Fault.Next.RETRY_HERE,
                    "cannot look into " + topic + ": " + KafkaFailures.say(e));
        }
    }

    private Optional<byte[]> scan(
            KafkaConsumer<byte[], byte[]> consumer, TopicReading reading, String jobId) {
        byte[] key = jobId.getBytes(UTF_8);
        var ends = reading.ends();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!reading.hasReached(ends)) {
            if (System.nanoTime() - deadline > 0) {
                log.warn("Gave up looking for an earlier result of job {}", jobId);
                return Optional.empty();
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                if (Arrays.equals(record.key(), key) && record.value() != null) {
                    return Optional.of(record.value());
                }
            }
        }
        return Optional.empty();
    }
}
