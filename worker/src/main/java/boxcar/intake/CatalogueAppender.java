package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Appends to the runtimes topic, whose one partition is the catalogue's log. */
public final class CatalogueAppender implements CatalogueLog, AutoCloseable {
    private final Publisher publisher;
    private final String topic;
    private final Wire wire;

    public CatalogueAppender(IntakeSettings settings, Wire wire) {
        this.publisher =
                new Publisher(
                        new KafkaClients(settings), settings.replica() + "-catalogue-log", _ -> {});
        this.topic = settings.topics().runtimes();
        this.wire = wire;
    }

    @Override
    public long append(CatalogueRecord entry) throws Fault, InterruptedException {
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

    private static String name(CatalogueRecord entry) {
        return switch (entry) {
            case CatalogueRecord.Installed installed -> installed.definition().name();
            case CatalogueRecord.Removed removed -> removed.name();
        };
    }

    @Override
    public void close() {
        publisher.close();
    }
}
