package boxcar.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Where a job's milliseconds go, as a real worker tells it. */
class TimelineTest {
    private static final Set<String> STEPS =
            Set.of(
                    "hand-over",
                    "leader",
                    "decode",
                    "ledger-look-up",
                    "runtime",
                    "work-directory",
                    "box-wait",
                    "box",
                    "engine",
                    "stage",
                    "box-clean-up",
                    "clean-up",
                    "encode",
                    "publish",
                    "ledger-write",
                    "turn",
                    "other");

    @Test
    void everyMillisecondBetweenTakingAJobAndAcknowledgingItIsInOneStep() throws Exception {
        Path folder = Files.createTempDirectory("boxcar-test-kafka-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder, 0);
                House house = House.open(broker.bootstrapServers())) {
            assertEquals("OK", house.install(House.install("sh", "")).path("verdict").asText());
            house.execute(House.sh("echo warm"));
            String before = scrape(house, 2);
            assertEquals(
                    "OK", house.execute(House.sh("sleep 0.7; echo a")).path("verdict").asText());
            String after = scrape(house, 3);

            Timeline timeline = Timeline.of(after).since(Timeline.of(before));
            assertEquals(new TreeSet<>(STEPS), new TreeSet<>(timeline.seconds().keySet()));
            assertTrue(timeline.seconds().getOrDefault("stage", 0.0) >= 0.7, timeline::toString);
            double whole = jobSeconds(after) - jobSeconds(before);
            double all = timeline.seconds().values().stream().mapToDouble(s -> s).sum();
            assertTrue(whole >= 0.7, "the job took " + whole);
            // Taken to acknowledged, so no less than taken to answered; and nothing told twice.
            assertTrue(all >= whole - 0.002, all + " s of " + whole + ": " + timeline);
            double own = all - timeline.seconds().getOrDefault("hand-over", 0.0);
            assertTrue(own <= whole + 0.3, own + " s of " + whole + ": " + timeline);
        } finally {
            Trees.delete(folder);
        }
    }

    /** Its figures, once so many jobs were acknowledged. */
    private static String scrape(House house, int acknowledged) {
        Pattern count =
                Pattern.compile(
                        "boxcar_step_seconds_count\\{step=\"hand-over\",\\} "
                                + acknowledged
                                + "\\.0");
        return await().atMost(Duration.ofSeconds(90))
                .until(() -> get(house), metrics -> count.matcher(metrics).find());
    }

    private static String get(House house) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + house.replica.metrics().getPort() + "/metrics");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static double jobSeconds(String metrics) {
        Matcher sum =
                Pattern.compile("boxcar_job_seconds_sum\\{kind=\"execute\",\\} (\\S+)")
                        .matcher(metrics);
        assertTrue(sum.find(), "no execute job yet");
        return Double.parseDouble(sum.group(1));
    }
}
