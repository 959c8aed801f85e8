package boxcar.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.broker.EmbeddedBroker;
import boxcar.job.JobResult;
import boxcar.job.Telemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A slot that waits its turn to ask has no traffic, and the broker closes such connections. */
@Tag("long")
@Timeout(300)
class QuietConnectionsTest {
    private static final int SLOTS = 6;
    private static final Duration QUIET = Duration.ofSeconds(2);

    @Test
    void slotsWhoseConnectionsTheBrokerClosedTakeJobsAgain(@TempDir Path folder) throws Exception {
        List<String> fatal = new CopyOnWriteArrayList<>();
        CyclicBarrier allRun = new CyclicBarrier(SLOTS);
        try (var broker =
                EmbeddedBroker.start(
                        folder, 0, Map.of("connections.max.idle.ms", "" + QUIET.toMillis()))) {
            IntakeSettings settings = settings(broker.bootstrapServers());
            new Topics(settings).create(1, _ -> {});
            try (var client = new BoxcarClient(settings, new TextWire());
                    var intake =
                            Intake.open(
                                    settings,
                                    new TextWire(),
                                    new Intake.Contracts(
                                            new MemoryLedger(),
                                            (_, _, _) -> {
                                                meet(allRun);
                                                return JobResult.cancelled();
                                            },
                                            Telemetry.NONE),
                                    fatal::add)) {
                intake.start();
                runAllAtOnce(client, "first");
                long from = System.nanoTime();
                await().until(() -> System.nanoTime() - from > 3 * QUIET.toNanos());
                runAllAtOnce(client, "second");
            }
        }
        assertEquals(List.of(), fatal);
    }

    /** None ends before all slots have one. */
    private static void meet(CyclicBarrier all) {
        try {
            all.await(120, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("not all slots have a job", e);
        }
    }

    private static void runAllAtOnce(BoxcarClient client, String name) throws Exception {
        long start = System.nanoTime();
        List<String> ids = IntStream.range(0, SLOTS).mapToObj(i -> name + i).toList();
        for (String id : ids) {
            client.send(JobTopic.EXECUTE, id, TextWire.job(id, "python"));
        }
        for (String id : ids) {
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> results(client, id).equals(List.of("CANCELLED " + id + " #1")));
        }
        System.out.printf("QUIET %s: %d ms%n", name, (System.nanoTime() - start) / 1_000_000);
    }

    private static List<String> results(BoxcarClient client, String id) {
        List<String> found = new CopyOnWriteArrayList<>();
        client.results(
                new BoxcarClient.View(id, true, false),
                raw -> found.add(TextWire.text(raw.value())));
        return found;
    }

    private static IntakeSettings settings(String bootstrapServers) {
        return new IntakeSettings(
                "quiet",
                Map.of("bootstrap.servers", bootstrapServers),
                SLOTS,
                1,
                3,
                Duration.ofSeconds(15),
                Duration.ZERO,
                "here",
                false,
                1 << 20,
                Duration.ofMillis(10));
    }
}
