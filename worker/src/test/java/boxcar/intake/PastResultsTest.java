package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a real broker. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class PastResultsTest {
    private Cluster cluster;
    private IntakeSettings settings;
    private PastResults past;
    private Publisher publisher;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        cluster = new Cluster(directory);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @BeforeEach
    void open() throws InterruptedException {
        settings = cluster.settings();
        new Topics(settings).create(1, _ -> {});
        KafkaClients clients = new KafkaClients(settings);
        past = new PastResults(clients, settings.topics().results(), "past");
        publisher = new Publisher(clients, "results", _ -> {});
    }

    @AfterEach
    void close() {
        past.close();
        publisher.close();
    }

    @Test
    void theFirstResultOfAJobIsFound() throws Exception {
        Instant since = Instant.now();
        publish("a", "first");
        publish("b", "other");
        publish("a", "second");

        assertArrayEquals("first".getBytes(UTF_8), find("a", since).orElseThrow().value());
        assertEquals(Optional.empty(), find("c", since));
    }

    @Test
    void whatIsPublishedBetweenTwoQuestionsIsFound() throws Exception {
        Instant since = Instant.now();
        assertEquals(Optional.empty(), find("a", since));
        publish("a", "first");

        assertArrayEquals("first".getBytes(UTF_8), find("a", since).orElseThrow().value());
    }

    @Test
    void whatWasReadLateEnoughIsNotReadAgain() throws Exception {
        Instant since = Instant.now();
        long settled = System.nanoTime();
        publish("a", "first");
        assertEquals(Optional.empty(), find("b", since));
        publish("b", "later");

        assertArrayEquals(
                "first".getBytes(UTF_8), past.find("a", since, settled).orElseThrow().value());
        assertEquals(Optional.empty(), past.find("b", since, settled));
        assertArrayEquals(
                "later".getBytes(UTF_8),
                past.find("b", since, System.nanoTime() + 1_000_000_000_000L)
                        .orElseThrow()
                        .value());
    }

    private Optional<PastAnswers.Past> find(String id, Instant since) throws Exception {
        return past.find(id, since, System.nanoTime());
    }

    private void publish(String id, String value) throws Exception {
        publisher.publish(
                new ProducerRecord<>(
                        settings.topics().results(), id.getBytes(UTF_8), value.getBytes(UTF_8)));
    }
}
