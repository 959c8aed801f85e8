package boxcar.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.StageKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigTest {
    @TempDir Path folder;

    private Config read(String file, Map<String, String> environment) throws Exception {
        Path path = Files.writeString(folder.resolve("boxcar.properties"), file);
        return Config.read(Optional.of(path), environment);
    }

    private String problem(String file, Map<String, String> environment) {
        return String.valueOf(
                assertThrows(ConfigException.class, () -> read(file, environment)).getMessage());
    }

    @Test
    void nothingSetGivesTheDefaults() throws Exception {
        Config config = Config.read(Optional.empty(), Map.of());
        assertEquals("boxcar", config.prefix());
        assertEquals("127.0.0.1:9092", config.kafka().get("bootstrap.servers"));
        assertEquals(Runtime.getRuntime().availableProcessors(), config.boxes().executions());
        assertEquals("127.0.0.1", config.metrics().host());
        assertFalse(config.network().execute());
        assertEquals(Duration.ofSeconds(2), config.range(StageKind.RUN).fallback().cpuTime());
    }

    @Test
    void theEnvironmentIsStrongerThanTheFile() throws Exception {
        Config config = read("metrics.port=1\nboxes=3\n", Map.of("BOXCAR_METRICS_PORT", "2"));
        assertEquals(2, config.metrics().port());
        assertEquals(3, config.boxes().executions());
    }

    @Test
    void settingsOfKafkaPassThrough() throws Exception {
        Config config =
                read(
                        "kafka.security.protocol=SASL_SSL\n",
                        Map.of(
                                "BOXCAR_KAFKA_SASL_JAAS_CONFIG",
                                "secret",
                                "BOXCAR_KAFKA_BOOTSTRAP_SERVERS",
                                "a:1"));
        assertEquals("SASL_SSL", config.kafka().get("security.protocol"));
        assertEquals("secret", config.kafka().get("sasl.jaas.config"));
        assertEquals("a:1", config.kafka().get("bootstrap.servers"));
    }

    @Test
    void aSlipInTheNameOfAKafkaSettingIsRefusedWithTheRightOne() {
        Set<String> known = Set.of("bootstrap.servers", "sasl.mechanism", "acks");
        ConfigException wrong =
                assertThrows(
                        ConfigException.class,
                        () ->
                                Config.read(
                                        Optional.empty(),
                                        Map.of(
                                                "BOXCAR_KAFKA_BOOTSTRAP_SERVER",
                                                "a:1",
                                                "BOXCAR_KAFKA_SASL_MECHANSIM",
                                                "hush"),
                                        known));
        assertEquals(
                """
                kafka.bootstrap.server: Kafka's clients have no such setting; did you mean kafka.bootstrap.servers?
                kafka.sasl.mechansim: Kafka's clients have no such setting; did you mean kafka.sasl.mechanism?\
                """,
                wrong.getMessage());
    }

    @Test
    void aKafkaSettingThatIsLikeNoOtherPassesThrough() throws Exception {
        Map<String, String> environment = Map.of("BOXCAR_KAFKA_MY_LOGIN_URL", "x");
        Config config = Config.read(Optional.empty(), environment, Set.of("bootstrap.servers"));
        assertEquals("x", config.kafka().get("my.login.url"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "localhost", "a:1,,b:2", "a:b", "a b:1"})
    void bootstrapServersAreHostsWithPorts(String servers) {
        assertEquals(
                "kafka.bootstrap.servers (BOXCAR_KAFKA_BOOTSTRAP_SERVERS): must be host:port, or several"
                        + " with ',' between them, but is '"
                        + servers.strip()
                        + "'",
                problem("", Map.of("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", servers)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a:1", "a:1, b:2", "[::1]:9092", "kafka-0.kafka:19092,kafka-1.kafka:19092"})
    void bootstrapServersMayBeSeveral(String servers) throws Exception {
        Config config = read("kafka.bootstrap.servers=" + servers + "\n", Map.of());
        assertEquals(servers, config.kafka().get("bootstrap.servers"));
    }

    @Test
    void aSecretIsNotShown() throws Exception {
        Config config = read("kafka.sasl.jaas.config=hush\n", Map.of());
        assertFalse(config.toString().contains("hush"), config.toString());
    }

    @Test
    void anUnknownKeyIsRefusedWithTheOneThatWasMeant() {
        assertEquals(
                "metrics.prot: no such key; did you mean metrics.port?",
                problem("metrics.prot=1", Map.of()));
    }

    @Test
    void anUnknownVariableIsRefused() {
        assertEquals(
                "BOXCAR_BOXSE: no such variable; its name is that of a key, in capitals with '_' for '.', after"
                        + " BOXCAR_",
                problem("", Map.of("BOXCAR_BOXSE", "1")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "boxes=0|boxes (BOXCAR_BOXES): must be a whole number from 1 to 1000, but is '0'",
                "boxes=two|boxes (BOXCAR_BOXES): must be a whole number from 1 to 1000, but is 'two'",
                "limits.disk_kib=1023|limits.disk_kib (BOXCAR_LIMITS_DISK_KIB): must be a whole number from 1024 to"
                        + " 1073741824, but is '1023'",
                "limits.disk_kib=1073741825|limits.disk_kib (BOXCAR_LIMITS_DISK_KIB): must be a whole number from 1024"
                        + " to 1073741824, but is '1073741825'",
                "sandbox=docker|sandbox (BOXCAR_SANDBOX): must be one of [auto, isolate, runc], but is 'docker'",
                "network.execute=yes|network.execute (BOXCAR_NETWORK_EXECUTE): must be true or false, but is 'yes'",
                "limits.run.cpu_time=0|limits.run.cpu_time (BOXCAR_LIMITS_RUN_CPU_TIME): must be seconds from 0.001 to"
                        + " 60.0, but is '0'",
                "limits.run.cpu_time=NaN|limits.run.cpu_time (BOXCAR_LIMITS_RUN_CPU_TIME): must be seconds from 0.001"
                        + " to 60.0, but is 'NaN'",
                "boxes.last=8388608|boxes.last (BOXCAR_BOXES_LAST): must be a whole number from 0 to 8388607, but is"
                        + " '8388608'",
                "topics.prefix=a b|topics.prefix (BOXCAR_TOPICS_PREFIX): must be 1 to 100 letters, digits, '.', '_',"
                        + " '-', but is 'a b'",
            })
    void aWrongValueIsNamedWithItsBound(String line, String message) {
        assertEquals(message, problem(line, Map.of()));
    }

    @Test
    void allProblemsAreToldAtOnce() {
        assertEquals(2, problem("boxes=0\nsandbox=x", Map.of()).lines().count());
    }

    @Test
    void aRangeThatEndsBeforeItBeginsIsRefused() {
        assertEquals(
                "boxes.last (BOXCAR_BOXES_LAST): must not be below boxes.first (5), but is '4'",
                problem("boxes.first=5\nboxes.last=4", Map.of()));
    }

    /** 16,384 KiB of source, and a page of 4 for each of 1,000 files. */
    @Test
    void aDiskInWhichTheLargestSourceDoesNotFitIsRefused() throws Exception {
        assertEquals(
                "limits.disk_kib (BOXCAR_LIMITS_DISK_KIB): must be at least 20384, so that the largest source fits"
                        + " (limits.source_kib, and 4 for each of limits.files), but is '20383'",
                problem("limits.disk_kib=20383", Map.of()));
        assertEquals(20384, read("limits.disk_kib=20384", Map.of()).boxes().diskKib());
    }

    @Test
    void aLowerMaximumLowersTheDefaultToo() throws Exception {
        Config config = read("limits.run.memory.max=1000", Map.of());
        assertEquals(1000, config.range(StageKind.RUN).fallback().memoryKib());
    }

    @Test
    void aMissingFileIsTold() {
        ConfigException missing =
                assertThrows(
                        ConfigException.class,
                        () -> Config.read(Optional.of(folder.resolve("none")), Map.of()));
        assertTrue(
                String.valueOf(missing.getMessage())
                        .startsWith("cannot read the configuration file"));
    }

    @Test
    void theDocumentedFileIsThatOfTheKeys() throws IOException {
        Path documented = Path.of("..", "ops", "boxcar.properties");
        assertEquals(
                ConfigFile.text(),
                Files.readString(documented),
                "write it anew: ./boxcar config > ops/boxcar.properties");
    }
}
