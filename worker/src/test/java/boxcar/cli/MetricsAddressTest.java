package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who can read a worker's metrics: this host, unless its operator says otherwise. */
class MetricsAddressTest {
    /** As the worker is reached from elsewhere. */
    private static Optional<InetAddress> ofThisHost() throws Exception {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof java.net.Inet4Address)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .findFirst();
    }

    private static String get(InetAddress address, int port) throws Exception {
        URI uri = URI.create("http://" + address.getHostAddress() + ":" + port + "/healthy");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void metricsAreServedOnEveryAddressOnceTheirHostIsSoAndOnLoopbackAloneElse() throws Exception {
        Optional<InetAddress> address = ofThisHost();
        assumeTrue(address.isPresent(), "this host has no address but loopback");
        InetAddress loopback = InetAddress.getLoopbackAddress();
        Path folder = Files.createTempDirectory("boxcar-test-kafka-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0)) {
            String kafka = broker.bootstrapServers();
            try (House house = House.open(kafka, Map.of("BOXCAR_METRICS_HOST", "0.0.0.0"))) {
                int port = house.replica.metrics().getPort();
                assertEquals("healthy\n", get(address.get(), port));
                assertEquals("healthy\n", get(loopback, port));
            }
            try (House house = House.open(kafka)) {
                int port = house.replica.metrics().getPort();
                assertThrows(ConnectException.class, () -> get(address.get(), port));
                assertEquals("healthy\n", get(loopback, port));
            }
        } finally {
            Trees.delete(folder);
        }
    }
}
