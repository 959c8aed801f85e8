package boxcar.intake;

import boxcar.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A real broker in this JVM, whose locks may be as short as a second. */
final class Cluster implements AutoCloseable {
    private static final Map<String, String> SHORT_LOCKS =
            Map.of("group.share.min.record.lock.duration.ms", "1000");

    private final Path directory;
    private final AtomicInteger prefixes = new AtomicInteger();
    private EmbeddedBroker broker;

    Cluster(Path directory) throws IOException {
        this.directory = directory;
        this.broker = EmbeddedBroker.start(directory, 0, SHORT_LOCKS);
    }

    void stop() {
        broker.close();
    }

    void startAgain() throws IOException {
        broker = EmbeddedBroker.start(directory, broker.port(), SHORT_LOCKS);
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** Settings with a prefix of their own: two slots, three deliveries, locks of two seconds. */
    IntakeSettings settings() {
        return settings("t" + prefixes.incrementAndGet(), Map.of());
    }

    IntakeSettings settings(String prefix, Map<String, String> kafka) {
        Map<String, String> properties = new HashMap<>();
        properties.put("bootstrap.servers", broker.bootstrapServers());
        properties.putAll(kafka);
        return new IntakeSettings(
                prefix,
                properties,
                2,
                1,
                4,
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                "here",
                false,
                1 << 20,
                Duration.ofMillis(20));
    }

    @Override
    public void close() {
        broker.close();
    }
}
