package boxcar.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Serves {@code /metrics}, {@code /healthy} (the process lives: 200) and {@code /ready} (it takes
 * jobs: 200, else 503 with the reason).
 */
public final class MetricsServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Starts serving.
     *
     * @param port 0 for any free one
     * @param notReady why no jobs are taken; empty while they are
     * @throws IOException if the address is taken or not ours
     */
    public MetricsServer(
            String host, int port, Metrics metrics, Supplier<Optional<String>> notReady)
            throws IOException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        try {
            server = HttpServer.create(address, 0);
        } catch (IOException e) {
            threads.close();
            throw new IOException(
                    "cannot serve metrics at "
                            + address
                            + ": "
                            + e.getMessage()
                            + " (keys metrics.host, metrics.port)",
                    e);
        }
        server.setExecutor(threads);
        server.createContext(
                "/metrics",
                exchange -> answer(exchange, 200, TextFormat.CONTENT_TYPE_004, text(metrics)));
        server.createContext(
                "/healthy", exchange -> answer(exchange, 200, "text/plain", "healthy\n"));
        server.createContext(
                "/ready",
                exchange -> {
                    Optional<String> reason = notReady.get();
                    answer(
                            exchange,
                            reason.isEmpty() ? 200 : 503,
                            "text/plain",
                            reason.orElse("ready") + "\n");
                });
        server.start();
    }

    /** Where it is served. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private static String text(Metrics metrics) throws IOException {
        StringWriter text = new StringWriter();
        TextFormat.write004(text, metrics.registry().metricFamilySamples());
        return text.toString();
    }

    private static void answer(HttpExchange exchange, int status, String type, String body)
            throws IOException {
        try (exchange) {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
