package boxcar.intake;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;

/** Asks Kafka's admin client and waits for the answer; failures are told as Kafka's own. */
final class AdminCalls {
    /** Above what any of the clients waits by its own settings, which tell more. */
    private static final Duration PATIENCE = Duration.ofSeconds(150);

    private AdminCalls() {}

    static final Config EMPTY = new Config(List.of());

    /** What of the wanted is not so. */
    static Map<String, String> missing(Config now, Map<String, String> wanted) {
        Map<String, String> missing = new HashMap<>();
        wanted.forEach((key, value) -> {
            ConfigEntry entry = now.get(key);
            if (entry == null || !value.equals(entry.value())) {
                missing.put(key, value);
            }
        });
        return missing;
    }

    static Config groupConfig(Admin admin, String group) throws InterruptedException {
        ConfigResource resource = groupResource(group);
        return get(admin.describeConfigs(List.of(resource)).all()).getOrDefault(resource, EMPTY);
    }

    static ConfigResource groupResource(String group) {
        return new ConfigResource(ConfigResource.Type.GROUP, group);
    }

    /** One broker's bounds; empty if it does not tell them to us. */
    static Config brokerConfig(Admin admin) throws InterruptedException {
        Collection<Node> nodes = get(admin.describeCluster().nodes());
        for (Node node : nodes) {
            ConfigResource resource =
                    new ConfigResource(ConfigResource.Type.BROKER, node.idString());
            try {
                return get(admin.describeConfigs(List.of(resource)).all())
                        .getOrDefault(resource, EMPTY);
            } catch (KafkaException e) {
                return EMPTY;
            }
        }
        return EMPTY;
    }

    static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        return get(future, PATIENCE);
    }

    static <T> T get(KafkaFuture<T> future, Duration patience) throws InterruptedException {
        try {
            return future.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof KafkaException kafka) {
                throw kafka;
            }
            throw new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new org.apache.kafka.common.errors.TimeoutException(
                    "no answer within " + patience.toSeconds() + " s", e);
        }
    }
}
