package boxcar.intake;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** What Kafka's clients can be told, by the names that Kafka gives its settings. */
public final class KafkaNames {
    private KafkaNames() {}

    /** The settings of all kinds of clients together. */
    public static Set<String> all() {
        Set<String> names = new HashSet<>(ConsumerConfig.configNames());
        names.addAll(ProducerConfig.configNames());
        names.addAll(AdminClientConfig.configNames());
        return Set.copyOf(names);
    }

    /** Whether a client of ours, or where it finds secrets, can be told this. */
    public static boolean isKnown(String name) {
        return all().contains(name) || name.startsWith("config.providers");
    }
}
