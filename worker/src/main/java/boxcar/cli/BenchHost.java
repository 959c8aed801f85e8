package boxcar.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** On what it was measured, as far as that bears on the figures. */
final class BenchHost {
    private BenchHost() {}

    static ObjectNode describe() throws IOException {
        return BenchStand.object()
                .put("measured", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
                .put("boxcar", Version.text())
                .put("cores", Runtime.getRuntime().availableProcessors())
                .put("memory_mb", first("/proc/meminfo", "MemTotal") / 1000)
                .put("kernel", System.getProperty("os.version"))
                .put("java", Runtime.version().toString())
                .put("load", Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    }

    private static long first(String file, String key) throws IOException {
        return Files.readAllLines(Path.of(file)).stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    /** One line for people. */
    static String line(ObjectNode host) {
        return String.format(
                Locale.ROOT,
                "Measured %s with Boxcar %s: %s cores, %s MB, Linux %s, Java %s; load %s at the end.",
                host.path("measured").asText(),
                host.path("boxcar").asText(),
                host.path("cores"),
                host.path("memory_mb"),
                host.path("kernel").asText(),
                host.path("java").asText(),
                host.path("load").asText());
    }
}
