package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/** Appends to the runtimes topic, whose one partition is the catalogue's log. */
public final class CatalogueAppender implements CatalogueLog, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final String FIRST = "ids begin at 1";

    private final Publisher publisher;
    private final String topic;
    private final Wire wire;
    private final KafkaClients clients;
    private final String clientId;
    private final ReentrantLock reading = new ReentrantLock();
    private @Nullable KafkaConsumer<byte[], byte[]> reader;
    private volatile boolean begun;

    /**
     * @param onForbidden gets a line for people when we may not write there
     */
    public CatalogueAppender(IntakeSettings settings, Wire wire, Consumer<String> onForbidden) {
        this.clients = new KafkaClients(settings);
        this.clientId = settings.replica() + "-catalogue-log";
        this.publisher = new Publisher(clients, clientId, onForbidden);
        this.topic = settings.topics().runtimes();
        this.wire = wire;
    }

    @Override
    public long append(CatalogueRecord entry) throws Fault, InterruptedException {
        leaveOutTheFirstOffset();
        var record =
                new ProducerRecord<>(topic, 0, name(entry).getBytes(UTF_8), wire.catalogue(entry));
        try {
            return publisher.publish(record);
        } catch (Outbox.RefusedRecordException e) {
            throw new Fault("catalogue", Fault.Next.GIVE_UP, "the record is refused", e);
        } catch (Fault e) {
            throw new Fault("catalogue", Fault.Next.TRY_ELSEWHERE, "not known to be written", e);
        }
    }

    /**
     * Ids begin at 1, since many programs take 0 for none: a log that is empty gets a record
     * without a value first, which every replica skips. A log that has records stays as it is.
     */
    private void leaveOutTheFirstOffset() throws Fault, InterruptedException {
        if (begun || end() > 0) {
            begun = true;
            return;
        }
        try {
            long _ = publisher.publish(new ProducerRecord<>(topic, 0, FIRST.getBytes(UTF_8), null));
        } catch (Outbox.RefusedRecordException e) {
            throw new Fault("catalogue", Fault.Next.GIVE_UP, "its first record is refused", e);
        }
        begun = true;
    }

    /** One consumer is kept for asking; a failed one is made anew the next time. */
    @Override
    public long end() throws Fault, InterruptedException {
        reading.lockInterruptibly();
        try {
            if (reader == null) {
                reader = clients.reader(clientId + "-end");
            }
            TopicPartition partition = new TopicPartition(topic, 0);
            Long offset = reader.endOffsets(List.of(partition), PATIENCE).get(partition);
            return offset == null ? 0 : offset;
        } catch (InterruptException e) {
            Thread.interrupted();
            throw new InterruptedException(e.getMessage());
        } catch (KafkaException e) {
            closeReader();
            throw new Fault("catalogue", Fault.Next.RETRY_HERE, "its end cannot be asked for", e);
        } finally {
            reading.unlock();
        }
    }

    private void closeReader() {
        if (reader != null) {
            reader.close(CloseOptions.timeout(Duration.ZERO));
            reader = null;
        }
    }

    private static String name(CatalogueRecord entry) {
        return switch (entry) {
            case CatalogueRecord.Installed installed -> installed.definition().name();
            case CatalogueRecord.Removed removed -> removed.name();
        };
    }

    @Override
    public void close() {
        publisher.close();
        closeReader();
    }
}
