package boxcar.intake;

import boxcar.job.Fault;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;

/**
 * The producer of results and dead letters. The producer itself tries a record again for 20 s;
 * above that, a record is tried a few times more with a growing, jittered wait, for as long as its
 * caller is not interrupted.
 */
final class Publisher implements Outbox, AutoCloseable {
    private static final Duration CLOSING = Duration.ofSeconds(5);

    /** The longest that a record may be on its way: four tries of 30 s, and the waits between. */
    static final Duration MOST = Duration.ofSeconds(140);

    private static final RetryConfig PATIENCE =
            RetryConfig.custom()
                    .maxAttempts(4)
                    .intervalFunction(
                            IntervalFunction.ofExponentialRandomBackoff(
                                    Duration.ofMillis(200), 2.0, 0.5, Duration.ofSeconds(5)))
                    .retryOnException(e -> e.getCause() instanceof RetriableException)
                    .build();

    private final KafkaProducer<byte[], byte[]> producer;
    private final Consumer<String> onForbidden;
    private final BooleanSupplier moreCome;
    private final Retry retry = Retry.of("publish", PATIENCE);

    /**
     * Sends each record at once.
     *
     * @param onForbidden gets a line for people when we may not write somewhere
     */
    Publisher(KafkaClients clients, String clientId, Consumer<String> onForbidden) {
        this(clients, clientId, onForbidden, () -> false);
    }

    /**
     * @param onForbidden gets a line for people when we may not write somewhere
     * @param moreCome whether a record may wait some milliseconds for others
     */
    Publisher(
            KafkaClients clients,
            String clientId,
            Consumer<String> onForbidden,
            BooleanSupplier moreCome) {
        this.moreCome = moreCome;
        this.producer = clients.durableProducer(clientId);
        this.onForbidden = onForbidden;
    }

    @Override
    public long publish(ProducerRecord<byte[], byte[]> record)
            throws Fault, RefusedRecordException, InterruptedException {
        try {
            return retry.executeCallable(() -> send(record));
        } catch (NotWritten e) {
            // Resilience4j keeps the interrupt as a flag and tells the failure before it.
            if (Thread.interrupted() || e.getCause() instanceof InterruptException) {
                throw new InterruptedException("while publishing to " + record.topic());
            }
            throw judge(record, e.getCause());
        } catch (Exception e) {
            throw interruptedOr(e);
        }
    }

    private long send(ProducerRecord<byte[], byte[]> record) throws InterruptedException {
        try {
            Future<RecordMetadata> sent = producer.send(record);
            if (!moreCome.getAsBoolean()) {
                producer.flush();
            }
            return sent.get().offset();
        } catch (ExecutionException e) {
            throw new NotWritten(e.getCause() == null ? e : e.getCause());
        } catch (InterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while publishing to " + record.topic());
        } catch (KafkaException | IllegalStateException e) {
            throw new NotWritten(e);
        }
    }

    private Fault judge(ProducerRecord<byte[], byte[]> record, Throwable cause)
            throws RefusedRecordException {
        if (cause instanceof RecordTooLargeException) {
            throw new RefusedRecordException(KafkaFailures.say(cause), cause);
        }
        String message =
                "cannot write to " + record.topic() + ": " + KafkaFailures.sayAndMend(cause);
        if (KafkaFailures.isAccess(cause)) {
            onForbidden.accept("We " + message);
        }
        return new Fault("publish", Fault.Next.TRY_ELSEWHERE, message);
    }

    private static InterruptedException interruptedOr(Exception e) {
        if (e instanceof InterruptedException interrupted) {
            return interrupted;
        }
        throw new IllegalStateException("while publishing", e);
    }

    @Override
    public void close() {
        producer.close(CLOSING);
    }

    private static final class NotWritten extends RuntimeException {
        NotWritten(Throwable cause) {
            super(cause);
        }

        @Override
        public synchronized Throwable getCause() {
            Throwable cause = super.getCause();
            return cause == null ? this : cause;
        }
    }
}
