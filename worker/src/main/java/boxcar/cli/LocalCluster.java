package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.KafkaNames;
import boxcar.intake.Topics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A broker and a worker on this host: what {@code demo} and {@code dev} have in common. */
final class LocalCluster implements AutoCloseable {
    private final LocalBroker broker;
    private final Replica replica;
    private final Config config;

    private LocalCluster(LocalBroker broker, Replica replica, Config config) {
        this.broker = broker;
        this.replica = replica;
        this.config = config;
    }

    /**
     * Starts both under a folder.
     *
     * @param broker where Kafka listens; 0 for any free port
     * @param metrics likewise for the metrics
     * @param say gets a line for each step
     */
    static LocalCluster start(Path folder, int broker, int metrics, Consumer<String> say)
            throws Exception {
        Files.createDirectories(folder);
        // All jobs and results are in there.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        LocalBroker kafka = LocalBroker.start(folder.resolve("kafka"), broker);
        say.accept("Kafka is up at " + kafka.address());
        boolean started = false;
        try {
            Config config = config(folder, kafka.address(), metrics);
            new Topics(Setup.intake(config)).create(1, _ -> {});
            Replica replica =
                    Replica.open(config, message -> say.accept("The worker gave up: " + message));
            say.accept("A worker is up: " + replica.sandbox().engine().describe());
            started = true;
            return new LocalCluster(kafka, replica, config);
        } finally {
            if (!started) {
                kafka.close();
            }
        }
    }

    /** The environment still counts, so that a variable can change the engine or a limit. */
    private static Config config(Path folder, String bootstrap, int metrics) throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", bootstrap);
        environment.put("BOXCAR_STATE", folder.resolve("worker").toString());
        environment.put("BOXCAR_METRICS_PORT", Integer.toString(metrics));
        return Config.read(Optional.empty(), environment, KafkaNames.all());
    }

    String bootstrap() {
        return broker.address();
    }

    Replica replica() {
        return replica;
    }

    Config config() {
        return config;
    }

    @Override
    public void close() {
        try {
            replica.close();
        } finally {
            broker.close();
        }
    }
}
