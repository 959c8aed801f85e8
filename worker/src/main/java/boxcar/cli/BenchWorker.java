package boxcar.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A worker in a process of its own, started as an operator starts one, by the launcher. It can be
 * held still, so that a backlog can be made for a worker that is warm, and so that it is no burden
 * to what is measured beside it.
 */
final class BenchWorker implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long LOOK_MILLIS = 2;

    /**
     * Half a second after a backlog has ended the slots begin to open their consumers anew, one
     * after the other, to take one job at a time again.
     */
    private static final Duration SETTLING = Duration.ofSeconds(3);

    private final Process process;
    private final URI metrics;
    private final Path log;
    private final HttpClient http = HttpClient.newHttpClient();
    private final long started;
    private boolean isHeld;

    private BenchWorker(Process process, URI metrics, Path log, long started) {
        this.process = process;
        this.metrics = metrics;
        this.log = log;
        this.started = started;
    }

    /**
     * Starts one and does not wait.
     *
     * @param settings the configuration, as environment variables
     */
    static BenchWorker start(Path log, Map<String, String> settings) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ProcessBuilder builder =
                new ProcessBuilder(command())
                        .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().remove("BOXCAR_LOG_LEVEL");
        builder.environment().putAll(settings);
        builder.environment().put("BOXCAR_METRICS_PORT", Integer.toString(port));
        long now = System.nanoTime();
        return new BenchWorker(builder.start(), URI.create("http://127.0.0.1:" + port), log, now);
    }

    /** By the launcher, which tells where it is; without one, as this program was started. */
    private static List<String> command() {
        String home = System.getProperty("boxcar.home");
        return home == null
                ? WorkerProcess.command()
                : List.of(Path.of(home, "boxcar").toString(), "worker");
    }

    /**
     * Waits until it takes jobs.
     *
     * @return how long that took from the start of its process
     */
    Duration awaitReady() throws IOException, InterruptedException {
        HttpRequest ready = HttpRequest.newBuilder(metrics.resolve("/ready")).build();
        while (process.isAlive() && System.nanoTime() - started < PATIENCE.toNanos()) {
            try {
                if (http.send(ready, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    return Duration.ofNanos(System.nanoTime() - started);
                }
            } catch (IOException _) {
                // It does not listen yet.
            }
            Thread.sleep(LOOK_MILLIS);
        }
        throw new IOException("the worker did not become ready; its log: " + Files.readString(log));
    }

    /** When its process was started, in the time of {@link System#nanoTime}. */
    long started() {
        return started;
    }

    /** When its process was started. */
    Instant startedAt() {
        return Instant.now().minusNanos(System.nanoTime() - started);
    }

    /** What it serves to Prometheus. */
    String scrape() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(metrics.resolve("/metrics")).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /**
     * Holds them still, when they have had time to come to rest. One that was to change how many
     * jobs it takes at a time would do so when it goes on, and give back what its fetches then
     * bring: that is delivered once more, and answered a second later.
     */
    static void holdAtRest(BenchWorker... workers) throws IOException, InterruptedException {
        if (Stream.of(workers).anyMatch(worker -> !worker.isHeld)) {
            Thread.sleep(SETTLING);
        }
        for (BenchWorker worker : workers) {
            worker.hold();
        }
    }

    /** Holds it still at once. */
    void hold() throws IOException, InterruptedException {
        signal("STOP");
        isHeld = true;
    }

    void goOn() throws IOException, InterruptedException {
        signal("CONT");
        isHeld = false;
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    }

    /** Kilobytes that it has in memory now. */
    long residentKib() throws IOException {
        for (String line : Files.readAllLines(proc("status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no VmRSS in " + proc("status"));
    }

    /** CPU time that it has used so far, without its children. */
    Duration cpu() throws IOException {
        return CpuTime.of(process.pid()).own();
    }

    /** CPU time of it, and of what it has started and reaped. */
    CpuTime cpuOfAll() throws IOException {
        return CpuTime.of(process.pid());
    }

    private Path proc(String file) {
        return Path.of("/proc", Long.toString(process.pid()), file);
    }

    /** Lets it go on if it is held, has it stop in order, and waits for that. */
    @Override
    public void close() throws IOException {
        Peace.keep(() -> {
            try {
                goOn();
                process.destroy();
                if (!process.waitFor(40, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        });
    }
}
