package boxcar.broker;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The settings of a broker that is alone, small and quick to start. Clients come in by the listener
 * {@code CLIENT}; the broker talks to itself by {@code INTERNAL}, so that a test may put TLS, SASL
 * or ACLs on the first without configuring the second.
 */
record BrokerSettings(Path directory, int clientPort, int internalPort, int controllerPort) {
    static final String HOST = "127.0.0.1";
    private static final String LARGEST_RECORD = String.valueOf(16 << 20);

    /** What goes into the broker; {@code extra} wins over ours. */
    Map<String, Object> with(Map<String, String> extra) {
        Map<String, Object> all = new HashMap<>();
        all.putAll(identity());
        all.putAll(ALONE);
        all.putAll(SMALL);
        all.putAll(QUICK);
        all.putAll(extra);
        return all;
    }

    /** The property that tells clients another port. */
    Map<String, String> advertising(int port) {
        return Map.of("advertised.listeners", listeners(port));
    }

    /** The properties of a broker that leaves the cluster's control to another. */
    Map<String, String> joining(int node, BrokerSettings controller) {
        return Map.of(
                "process.roles", "broker",
                "node.id", Integer.toString(node),
                "controller.quorum.voters", controller.voters(),
                "listeners", listeners(clientPort),
                "advertised.listeners", listeners(clientPort));
    }

    private String listeners(int client) {
        return "CLIENT://%s:%d,INTERNAL://%s:%d".formatted(HOST, client, HOST, internalPort);
    }

    private String voters() {
        return "1@" + HOST + ":" + controllerPort;
    }

    private Map<String, String> identity() {
        String controller = "CONTROLLER://" + HOST + ":" + controllerPort;
        return Map.of(
                "process.roles", "broker,controller",
                "node.id", "1",
                "controller.quorum.voters", voters(),
                "controller.listener.names", "CONTROLLER",
                "listeners", listeners(clientPort) + "," + controller,
                "advertised.listeners", listeners(clientPort),
                "inter.broker.listener.name", "INTERNAL",
                "listener.security.protocol.map",
                        "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "log.dirs", directory.toString(),
                // With an authorizer, the broker itself comes in without a name.
                "super.users", "User:ANONYMOUS");
    }

    /** There is one broker, so nothing can have a second copy. */
    private static final Map<String, String> ALONE =
            Map.of(
                    "offsets.topic.replication.factor", "1",
                    "offsets.topic.num.partitions", "1",
                    "transaction.state.log.replication.factor", "1",
                    "transaction.state.log.min.isr", "1",
                    "transaction.state.log.num.partitions", "1",
                    "share.coordinator.state.topic.replication.factor", "1",
                    "share.coordinator.state.topic.min.isr", "1",
                    "share.coordinator.state.topic.num.partitions", "1",
                    "auto.create.topics.enable", "false");

    private static final Map<String, String> SMALL =
            Map.of(
                    // 128 MB of heap by default.
                    "log.cleaner.dedupe.buffer.size", "2097152",
                    "num.network.threads", "2",
                    "num.io.threads", "2",
                    "background.threads", "2",
                    "message.max.bytes", LARGEST_RECORD,
                    "replica.fetch.max.bytes", LARGEST_RECORD);

    /**
     * A member of a share group gets its partition with its second heartbeat, so after 5 s by
     * default; a broker that was killed may come back after its old registration has timed out.
     */
    private static final Map<String, String> QUICK =
            Map.of(
                    "group.initial.rebalance.delay.ms", "0",
                    "group.share.min.heartbeat.interval.ms", "100",
                    "group.share.heartbeat.interval.ms", "500",
                    "group.share.assignment.interval.ms", "0",
                    "group.share.assignor.offload.enable", "false",
                    "group.share.max.partition.max.record.locks", "10000",
                    "group.share.max.size", "1000",
                    "broker.session.timeout.ms", "2000",
                    "broker.heartbeat.interval.ms", "500");
}
