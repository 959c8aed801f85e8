package boxcar.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A whole Kafka, broker and controller in one, on the loopback. A directory that held a broker
 * before is taken up again with its topics and records.
 *
 * <p>Only one broker at a time may have a directory.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final String IDENTITY = "meta.properties";
    private static final int FIRST = 1;
    private static final int SECOND = 2;

    private final KafkaRaftServer server;
    private final BrokerSettings settings;

    private EmbeddedBroker(KafkaRaftServer server, BrokerSettings settings) {
        this.server = server;
        this.settings = settings;
    }

    /**
     * Starts a broker and returns when it takes clients.
     *
     * @param port of the loopback; 0 for a free one
     * @throws IOException if the directory cannot be written or the port is taken
     */
    public static EmbeddedBroker start(Path directory, int port) throws IOException {
        return start(directory, port, Map.of());
    }

    /**
     * @param properties of the broker, above our own: the clients' listener is called {@code
     *     CLIENT}
     */
    public static EmbeddedBroker start(Path directory, int port, Map<String, String> properties)
            throws IOException {
        return start(directory, settings(directory, port), properties);
    }

    /**
     * Starts a broker that tells clients another port than its own: that of something that leads
     * here.
     *
     * @param advertised 0 for its own
     * @param sessionSeconds how long the broker stays the leader without a heartbeat
     */
    static EmbeddedBroker advertising(Path directory, int port, int advertised, int sessionSeconds)
            throws IOException {
        BrokerSettings settings = settings(directory, port);
        Map<String, String> properties = new HashMap<>();
        if (advertised != 0) {
            properties.putAll(settings.advertising(advertised));
        }
        properties.put(
                "broker.session.timeout.ms",
                Long.toString(Duration.ofSeconds(sessionSeconds).toMillis()));
        return start(directory, settings, properties);
    }

    /**
     * Starts a second broker of the first one's cluster, whose node is 2; for partitions whose
     * leader moves. To be closed before the first, whose controller it needs.
     *
     * @param properties of the broker, above our own
     */
    public static EmbeddedBroker join(
            EmbeddedBroker first, Path directory, Map<String, String> properties)
            throws IOException {
        BrokerSettings settings = settings(directory, 0);
        Map<String, String> all = new HashMap<>(settings.joining(SECOND, first.settings));
        all.putAll(properties);
        return start(directory, settings, all, SECOND, clusterId(first.settings.directory()));
    }

    private static EmbeddedBroker start(
            Path directory, BrokerSettings settings, Map<String, String> properties)
            throws IOException {
        return start(directory, settings, properties, FIRST, Uuid.randomUuid().toString());
    }

    private static EmbeddedBroker start(
            Path directory,
            BrokerSettings settings,
            Map<String, String> properties,
            int node,
            String cluster)
            throws IOException {
        Files.createDirectories(directory);
        if (!Files.exists(directory.resolve(IDENTITY))) {
            format(directory, node, cluster);
        }
        KafkaConfig config = new KafkaConfig(settings.with(properties), false);
        KafkaRaftServer server = new KafkaRaftServer(config, Time.SYSTEM);
        server.startup();
        return new EmbeddedBroker(server, settings);
    }

    public int port() {
        return settings.clientPort();
    }

    /** Where clients find it, as {@code bootstrap.servers} wants it. */
    public String bootstrapServers() {
        return BrokerSettings.HOST + ":" + port();
    }

    /**
     * Where whoever administers it may come in without TLS, password or ACLs, whatever clients
     * need.
     */
    public String internalServers() {
        return BrokerSettings.HOST + ":" + settings.internalPort();
    }

    /** Stops it in order, so that a next start finds a clean directory. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static BrokerSettings settings(Path directory, int port) throws IOException {
        InetAddress host = InetAddress.getByName(BrokerSettings.HOST);
        // All three at once, so that they differ.
        try (ServerSocket client = new ServerSocket()) {
            client.setReuseAddress(true);
            client.bind(new InetSocketAddress(host, port));
            try (ServerSocket internal = new ServerSocket(0, 1, host);
                    ServerSocket controller = new ServerSocket(0, 1, host)) {
                return new BrokerSettings(
                        directory.toAbsolutePath(),
                        client.getLocalPort(),
                        internal.getLocalPort(),
                        controller.getLocalPort());
            }
        } catch (BindException e) {
            throw new IOException(
                    "port " + port + " of " + BrokerSettings.HOST + " is taken: " + e.getMessage(),
                    e);
        }
    }

    private static String clusterId(Path directory) throws IOException {
        Properties identity = new Properties();
        try (Reader reader = Files.newBufferedReader(directory.resolve(IDENTITY))) {
            identity.load(reader);
        }
        return identity.getProperty("cluster.id");
    }

    private static void format(Path directory, int node, String cluster) throws IOException {
        String folder = directory.toAbsolutePath().toString();
        try (PrintStream nowhere =
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            new Formatter()
                    .setNodeId(node)
                    .setClusterId(cluster)
                    .setControllerListenerName("CONTROLLER")
                    .setDirectories(List.of(folder))
                    .setMetadataLogDirectory(folder)
                    .setPrintStream(nowhere)
                    .run();
        } catch (Exception e) {
            // The formatter declares Exception and nothing finer.
            throw new IOException("cannot format " + folder + ": " + e.getMessage(), e);
        }
    }
}
