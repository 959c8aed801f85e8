package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertTimeout;

import boxcar.job.Progress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressPublisherTest {
    @Test
    void nobodyWaitsForABrokerThatIsNotThere() {
        var settings =
                new IntakeSettings(
                        "t",
                        Map.of("bootstrap.servers", "127.0.0.1:1"),
                        1,
                        1,
                        3,
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        "here",
                        false,
                        4096,
                        Duration.ofMillis(1));
        var producer = new KafkaClients(settings).lossyProducer("progress");
        try (var publisher =
                new ProgressPublisher(
                        producer, "t.progress", new TextWire(), InstantSource.system())) {
            publisher.start();
            Progress progress = publisher.of("a");
            assertTimeout(
                    Duration.ofSeconds(1),
                    () -> {
                        for (int i = 0; i < 20_000; i++) {
                            progress.line(Progress.Tag.OUTPUT, "line");
                        }
                    });
        }
    }
}
