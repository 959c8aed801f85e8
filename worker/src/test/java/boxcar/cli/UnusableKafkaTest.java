package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.files.Trees;
import boxcar.intake.SecuredBroker;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A Kafka that is away, or will not have us: each command says so soon, in one line with the mend.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class UnusableKafkaTest {
    /** Kafka's clients give up after a minute; whoever is sooner has not left it to them. */
    private static final Duration PATIENCE_OF_KAFKA = Duration.ofMinutes(1);

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private SecuredBroker broker;

    @BeforeAll
    void aBrokerWithPasswordsAndTls() throws Exception {
        folder = Files.createTempDirectory("boxcar-test-");
        broker = new SecuredBroker(folder);
        broker.user("somebody", "right");
    }

    @AfterAll
    void stop() throws Exception {
        broker.close();
        Trees.delete(folder);
    }

    /** A port where nobody listens. */
    private static String nowhere() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return "127.0.0.1:" + free.getLocalPort();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "execute --runtime sh --file pom.xml",
                "execute --runtime sh --file pom.xml --wait",
                "results",
                "results --follow",
                "runtimes",
                "remove sh",
                "cancel job",
                "topics create",
            })
    void aKafkaThatIsAwayIsToldSoonByItsAddressAndTheKeyThatNamesIt(String command)
            throws Exception {
        String address = nowhere();
        Ran ran = run(command, "-b", address);
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        assertTrue(ran.took().compareTo(PATIENCE_OF_KAFKA) < 0, ran::toString);
        assertEquals(
                "boxcar: kafka: %s does not answer: Connection refused. Mend: start Kafka there (./boxcar dev brings one of its own), or name another with kafka.bootstrap.servers (BOXCAR_KAFKA_BOOTSTRAP_SERVERS, -b)\n"
                        .formatted(address),
                ran.err());
    }

    @Test
    void somebodyWhoListensButIsNoKafkaIsToldSoonToo() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + silent.getLocalPort();
            Ran ran = run("results", "-b", address);
            assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
            assertTrue(ran.took().compareTo(PATIENCE_OF_KAFKA) < 0, ran::toString);
            says(ran, address + " takes connections, but does not answer as a Kafka");
            says(ran, "kafka.security.protocol");
        }
    }

    @Test
    void aHostThatIsNotThereIsToldByItsName() {
        Ran ran = run("results", "-b", "no-such-host.invalid:9092");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, "there is no host no-such-host.invalid");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "localhost:", "a:1,,b:2"})
    void anAddressThatIsNoneIsAMistakeInTheConfiguration(String address) {
        Ran ran = run("results", "-b", address);
        assertEquals(Exit.CONFIG, ran.exit(), ran::toString);
        assertEquals(
                "boxcar: kafka.bootstrap.servers (BOXCAR_KAFKA_BOOTSTRAP_SERVERS): must be host:port, or several with ',' between them, but is '%s'\n"
                        .formatted(address),
                ran.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "execute --runtime sh --file pom.xml",
                "results",
                "runtimes",
                "topics create"
            })
    void aWrongPasswordIsToldInOneLineThatDoesNotShowIt(String command) throws Exception {
        Ran ran = secured(command, Map.of(), "wrong");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, broker.bootstrapServers() + " refuses us: Authentication failed");
        says(ran, "check user and password in kafka.sasl.jaas.config");
        assertFalse(ran.err().contains("password=\""), ran::toString);
    }

    @Test
    void aCertificateThatIsNotTrustedIsToldInOneLine() throws Exception {
        Ran ran =
                secured(
                        "results",
                        Map.of("ssl.truststore.location", broker.strangersTrust().toString()),
                        "right");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, broker.bootstrapServers() + " refuses us: unable to find valid certification");
        says(ran, "check kafka.ssl.truststore.location");
    }

    @Test
    void aTrustStoreThatIsNotThereIsToldByItsName() throws Exception {
        Ran ran = secured("results", Map.of("ssl.truststore.location", "/none.p12"), "right");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, "the kafka.* settings cannot be used: /none.p12");
    }

    @Test
    void aClientWithoutTlsIsToldWhichSettingToLookAt() throws Exception {
        Ran ran = secured("results", Map.of("security.protocol", "PLAINTEXT"), "right");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, "does not answer as a Kafka with security.protocol=PLAINTEXT");
    }

    @Test
    void whoMayDoNothingIsToldWhatIsMissing() throws Exception {
        Ran ran = secured("execute --runtime sh --file pom.xml", Map.of(), "right");
        assertEquals(Exit.UNAVAILABLE, ran.exit(), ran::toString);
        says(ran, "cannot write to boxcar.execute: Not authorized");
        says(ran, "docs/operations.md, Access");
    }

    @Test
    void aPasswordMayStandInAFileThatOnlyKafkasClientsRead() throws Exception {
        Path secret = folder.resolve("secret.properties");
        Files.writeString(
                secret,
                "jaas=" + broker.settings("somebody", "right").get("sasl.jaas.config") + "\n");
        Map<String, String> provided =
                Map.of(
                        "config.providers",
                        "file",
                        "config.providers.file.class",
                        "org.apache.kafka.common.config.provider.FileConfigProvider",
                        "sasl.jaas.config",
                        "${file:" + secret + ":jaas}");
        // Let in, and only then told of the missing right.
        says(
                secured("results", provided, "wrong"),
                "Not authorized to access topics: [boxcar.results]");
    }

    @Tried(
            "A worker starts with a Kafka that is away, one that refuses its password, and one whose certificate it does not trust")
    @Must("one line each that tells the mend; exit status 69")
    @Test
    void aWorkerSaysEachOfThemInOneLineAndEnds() throws Exception {
        worker(
                "away",
                Map.of("bootstrap.servers", nowhere()),
                "does not answer: Connection refused");
        worker(
                "refused",
                broker.settings("somebody", "wrong"),
                "refuses us: Authentication failed");
        Map<String, String> untrusting = new HashMap<>(broker.settings("somebody", "right"));
        untrusting.put("ssl.truststore.location", broker.strangersTrust().toString());
        worker("untrusting", untrusting, "refuses us: unable to find valid certification path");
    }

    private void worker(String name, Map<String, String> kafka, String told) throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("BOXCAR_CONFIG", broker.file(name, kafka).toString());
        environment.put("BOXCAR_STATE", folder.resolve(name).toString());
        WorkerProcess worker =
                WorkerProcess.start(name, folder.resolve(name + ".log"), environment);
        assertEquals(
                Integer.valueOf(Exit.UNAVAILABLE), worker.awaitExit(180), () -> Field.log(worker));
        List<String> lines = Field.log(worker).lines().filter(line -> !line.isBlank()).toList();
        assertEquals(1, lines.size(), lines::toString);
        assertTrue(lines.getFirst().contains(told), lines::toString);
        assertTrue(lines.getFirst().contains(" Mend: "), lines::toString);
    }

    /** The one word {@code worker} is not read by picocli, whose way this would be otherwise. */
    @Test
    void aWorkerThatIsConfiguredWronglySaysSoInOneLineAndEnds() throws Exception {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("BOXCAR_BOXES", "none");
        WorkerProcess worker =
                WorkerProcess.start("wrong", folder.resolve("wrong.log"), environment);
        assertEquals(Integer.valueOf(Exit.CONFIG), worker.awaitExit(180), () -> Field.log(worker));
        assertEquals(
                "boxcar: boxes (BOXCAR_BOXES): must be a whole number from 1 to 1000, but is 'none'\n",
                Field.log(worker));
    }

    @Test
    void aSettingOfKafkasThatIsMisspeltIsRefusedWithTheRightName() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("misspelt.properties"),
                        "kafka.sasl.mechansim=PLAIN\nkafka.BOOTSTRAP_SERVER=a:1\n");
        Ran ran = run("results", "-c", file.toString());
        assertEquals(Exit.CONFIG, ran.exit(), ran::toString);
        assertEquals(
                """
                boxcar: kafka.BOOTSTRAP_SERVER: Kafka's clients have no such setting; did you mean kafka.bootstrap.servers?
                kafka.sasl.mechansim: Kafka's clients have no such setting; did you mean kafka.sasl.mechanism?
                """,
                ran.err());
    }

    private void says(Ran ran, String words) {
        assertEquals(1, ran.err().lines().count(), ran::toString);
        assertTrue(ran.err().contains(words), ran::toString);
    }

    private Ran secured(String command, Map<String, String> other, String password)
            throws Exception {
        Map<String, String> settings = new HashMap<>(broker.settings("somebody", password));
        settings.putAll(other);
        return run(command, "-c", broker.file("client", settings).toString());
    }

    private static Ran run(String command, String... more) {
        List<String> all = new ArrayList<>(Arrays.asList(command.split(" ", -1)));
        all.addAll(List.of(more));
        return Ran.boxcar(all.toArray(String[]::new));
    }
}
