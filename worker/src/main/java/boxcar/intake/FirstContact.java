package boxcar.intake;

import boxcar.job.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The first word with a cluster: whether somebody is there, speaks as we do, and lets us in.
 * Kafka's own clients try an address where nobody is for as long as their time-outs last, and do
 * not say which; so a connection is tried first.
 */
public final class FirstContact {
    private static final Duration CONNECTING = Duration.ofSeconds(1);

    /** Addresses that are tried, of servers and of each; with more, Kafka's clients find out. */
    private static final int AT_MOST = 2;

    private static final Duration PATIENCE = Duration.ofSeconds(8);

    private FirstContact() {}

    /**
     * For a command that is to be done now or not at all.
     *
     * @throws Fault in one line: the address, what is wrong with it, and what to change
     */
    public static void require(IntakeSettings settings) throws Fault, InterruptedException {
        Finding trouble = nobodyThere(settings);
        if (trouble == null) {
            try (Admin admin = new KafkaClients(settings).admin("boxcar-contact", PATIENCE)) {
                nodes(admin);
                return;
            } catch (KafkaException e) {
                trouble = refused(settings, e);
            }
        }
        throw new Fault(
                "kafka", Fault.Next.GIVE_UP, trouble.message() + ". Mend: " + trouble.mend());
    }

    static Collection<Node> nodes(Admin admin) throws InterruptedException {
        return AdminCalls.get(admin.describeCluster().nodes());
    }

    /**
     * @return null if somebody listens at one of the addresses
     */
    static @Nullable Finding nobodyThere(IntakeSettings settings) {
        List<String> failures = new ArrayList<>();
        for (String server : settings.bootstrapServers().split(",", -1)) {
            @Nullable String failure = failures.size() < AT_MOST ? connect(server.strip()) : null;
            if (failure == null) {
                return null;
            }
            failures.add(failure);
        }
        return Finding.bad(
                "kafka",
                settings.bootstrapServers()
                        + " does not answer: "
                        + String.join("; ", failures.stream().distinct().toList()),
                "start Kafka there (./boxcar dev brings one of its own), or name another with"
                        + " kafka.bootstrap.servers (BOXCAR_KAFKA_BOOTSTRAP_SERVERS, -b)");
    }

    /** Why nobody could be reached; null if somebody was, or if Kafka reads it as we do not. */
    private static @Nullable String connect(String server) {
        String host = Utils.getHost(server);
        Integer port = Utils.getPort(server);
        if (host == null || port == null || port > 65535) {
            return null;
        }
        InetAddress[] addresses;
        try {
            addresses = InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            return "there is no host " + host;
        }
        @Nullable String failure = null;
        for (InetAddress address :
                List.of(addresses).subList(0, Math.min(AT_MOST, addresses.length))) {
            failure = connect(new InetSocketAddress(address, port));
            if (failure == null) {
                return null;
            }
        }
        return addresses.length > AT_MOST ? null : failure;
    }

    private static @Nullable String connect(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, Math.toIntExact(CONNECTING.toMillis()));
            return null;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** For somebody who listens, but will not do as we ask. */
    static Finding refused(IntakeSettings settings, KafkaException e) {
        String servers = settings.bootstrapServers();
        if (e instanceof KafkaClients.UnusableSettings) {
            return Finding.bad(
                    "kafka",
                    "the kafka.* settings cannot be used: " + KafkaFailures.say(e),
                    "check them, and the files that they name");
        }
        if (KafkaFailures.needsAPerson(e)) {
            String mend = KafkaFailures.mend(e);
            return Finding.bad(
                    "kafka",
                    servers + " refuses us: " + KafkaFailures.say(e),
                    mend == null ? "check the kafka.* settings and the ACLs" : mend);
        }
        String protocol = settings.kafka().getOrDefault("security.protocol", "PLAINTEXT");
        return Finding.bad(
                "kafka",
                servers
                        + " takes connections, but does not answer as a Kafka with"
                        + " security.protocol="
                        + protocol
                        + ": "
                        + KafkaFailures.say(e),
                "check kafka.bootstrap.servers and kafka.security.protocol (PLAINTEXT, SSL,"
                        + " SASL_PLAINTEXT, SASL_SSL) against the broker's listeners");
    }
}
