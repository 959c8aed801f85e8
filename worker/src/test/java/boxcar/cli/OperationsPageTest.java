package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import boxcar.intake.JobTopic;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the page for operators, the alerts and the dashboard against what a real worker exposes.
 */
class OperationsPageTest {
    private static final Pattern METRIC = Pattern.compile("\\bboxcar_[a-z_]+\\b");
    private static final Path OPERATIONS = Path.of("..", "docs", "operations.md");

    @Test
    void whatThePageListsIsWhatAWorkerExposesAndWhatTheDashboardsAsk() throws Exception {
        Path folder = Files.createTempDirectory("boxcar-test-kafka-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0);
                House house = House.open(broker.bootstrapServers())) {
            assertEquals("OK", house.install(House.install("sh", "")).path("verdict").asText());
            JsonNode result = house.execute(House.sh("echo metrics"));
            assertEquals("OK", result.path("verdict").asText());
            house.client.send(JobTopic.EXECUTE, "junk", "junk".getBytes(StandardCharsets.UTF_8));
            house.execute(House.sh("exit 1"));

            Set<String> exposed = families(get(house, "/metrics"));
            assertEquals(exposed, listed(Files.readString(OPERATIONS)));
            assertSubset(asked(Path.of("..", "ops", "prometheus", "alerts.yml")), exposed);
            assertSubset(
                    asked(Path.of("..", "ops", "grafana", "dashboards", "boxcar.json")), exposed);
            assertEquals("healthy\n", get(house, "/healthy"));
            assertEquals("ready\n", get(house, "/ready"));
        } finally {
            Trees.delete(folder);
        }
    }

    @Test
    void everyJsonFileThatIsShippedCanBeRead() throws Exception {
        for (Path folder : Stream.of("ops", "examples").map(name -> Path.of("..", name)).toList()) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".json")).toList()) {
                    assertTrue(
                            House.JSON.readTree(Files.readAllBytes(file)).isObject(),
                            file.toString());
                }
            }
        }
    }

    private static String get(House house, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + house.replica.metrics().getPort() + path);
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /**
     * The families of ours, by their {@code # TYPE} lines; {@code _created} is simpleclient's own.
     */
    private static Set<String> families(String metrics) {
        return metrics.lines()
                .filter(line -> line.startsWith("# TYPE boxcar_"))
                .map(line -> line.split(" ", -1)[2])
                .filter(name -> !name.endsWith("_created"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names in the page's tables: rows that begin with a metric's name. */
    private static Set<String> listed(String page) {
        return page.lines()
                .filter(line -> line.startsWith("| `boxcar_"))
                .flatMap(
                        line -> METRIC.matcher(line).results().limit(1).map(match -> match.group()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> asked(Path file) throws IOException {
        Set<String> asked = new TreeSet<>();
        Matcher matcher = METRIC.matcher(Files.readString(file));
        while (matcher.find()) {
            asked.add(matcher.group().replaceAll("_(bucket|count|sum)$", ""));
        }
        return asked;
    }

    private static void assertSubset(Set<String> asked, Set<String> exposed) {
        Set<String> unknown = new TreeSet<>(asked);
        unknown.removeAll(exposed);
        assertEquals(Set.of(), unknown, "no worker exposes these");
    }
}
