package boxcar.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.kafka.KafkaContainer;

/** On the Kafka of a container, where a Docker engine is present. */
@EnabledIf(
        value = "dockerIsThere",
        disabledReason = "no Docker engine answers at /var/run/docker.sock")
class ContainerEndToEndTest extends EndToEndContract {
    private static final String IMAGE = "apache/kafka:4.4.0";

    @SuppressWarnings("NullAway.Init")
    private KafkaContainer kafka;

    static boolean dockerIsThere() {
        return Files.exists(Path.of("/var/run/docker.sock"));
    }

    @Override
    String startBroker() {
        kafka =
                new KafkaContainer(IMAGE)
                        .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1")
                        .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1");
        kafka.start();
        return kafka.getBootstrapServers();
    }

    @Override
    void stopBroker() {
        kafka.stop();
    }
}
