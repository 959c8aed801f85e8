package boxcar.intake;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.broker.EmbeddedBroker;
import boxcar.job.JobResult;
import boxcar.job.Telemetry;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Intake against a broker that wants a password. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class AccessTest {
    private static final String LOGIN =
            "org.apache.kafka.common.security.plain.PlainLoginModule required ";

    private EmbeddedBroker broker;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        broker =
                EmbeddedBroker.start(
                        directory,
                        0,
                        Map.of(
                                "listener.security.protocol.map",
                                "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
                                "listener.name.client.sasl.enabled.mechanisms",
                                "PLAIN",
                                "listener.name.client.plain.sasl.jaas.config",
                                LOGIN + "user_boxcar=\"right\";"));
    }

    @AfterAll
    void stopBroker() {
        broker.close();
    }

    @Test
    void aRightPasswordLetsUsIn() throws Exception {
        new Topics(settings("right")).create(1, _ -> {});
        for (Finding finding : new Topics(settings("right")).check()) {
            assertEquals(Finding.Level.OK, finding.level(), finding::toString);
        }
    }

    @Tried("A wrong password for Kafka")
    @Must("the worker stops with one line")
    @Test
    void aWrongPasswordStopsTheWorkerWithOneLine() throws Exception {
        List<String> fatal = new CopyOnWriteArrayList<>();
        try (Intake intake =
                Intake.open(
                        settings("wrong"),
                        new TextWire(),
                        new Intake.Contracts(
                                new MemoryLedger(),
                                (_, _, _) -> JobResult.cancelled(),
                                Telemetry.NONE),
                        fatal::add)) {
            intake.start();
            await().atMost(Duration.ofSeconds(90)).until(() -> !fatal.isEmpty());
            assertFalse(intake.ready().ready());
        }
        assertEquals(1, fatal.size());
        assertTrue(fatal.getFirst().contains("Authentication failed"), () -> fatal.getFirst());
    }

    @Tried("A wrong password for Kafka, asked of the check")
    @Must("told, with the address, and without the password")
    @Test
    void aWrongPasswordIsFoundByTheCheckWithoutBeingShown() throws Exception {
        List<Finding> findings = new Topics(settings("wrong")).check();
        assertEquals(1, findings.size());
        String message = findings.getFirst().message();
        assertTrue(message.startsWith(broker.bootstrapServers() + " refuses us: "), message);
        assertFalse(message.contains("wrong"), message);
    }

    private IntakeSettings settings(String password) {
        return new IntakeSettings(
                "t",
                Map.of(
                        "bootstrap.servers",
                        broker.bootstrapServers(),
                        "security.protocol",
                        "SASL_PLAINTEXT",
                        "sasl.mechanism",
                        "PLAIN",
                        "sasl.jaas.config",
                        LOGIN + "username=\"boxcar\" password=\"" + password + "\";"),
                2,
                1,
                3,
                Duration.ofSeconds(30),
                Duration.ZERO,
                "here",
                false,
                1 << 20,
                Duration.ofMillis(10));
    }
}
