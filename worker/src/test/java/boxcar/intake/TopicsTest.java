package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import boxcar.intake.Finding.Level;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class TopicsTest {
    private Cluster cluster;
    private IntakeSettings settings;
    private String prefix;

    @BeforeAll
    void startBroker(@TempDir Path directory) throws IOException {
        cluster = new Cluster(directory);
    }

    @AfterAll
    void stopBroker() {
        cluster.close();
    }

    @BeforeEach
    void newPrefix() {
        settings = cluster.settings();
        prefix = settings.prefix();
    }

    @Test
    void aSecondCreateFindsAllThere() throws Exception {
        assertEquals(
                List.of(
                        "made topic " + prefix + ".install",
                        "made topic " + prefix + ".execute",
                        "made topic " + prefix + ".results",
                        "made topic " + prefix + ".runtimes",
                        "made topic " + prefix + ".progress",
                        "made topic " + prefix + ".control",
                        "made topic " + prefix + ".dead-letters",
                        "set group " + prefix + "-install",
                        "set group " + prefix + "-execute"),
                create());
        List<String> again = create();
        assertEquals("topic " + prefix + ".install is there already", again.getFirst());
        assertEquals("group " + prefix + "-execute is set already", again.getLast());
    }

    @Test
    void afterACreateAllIsWell() throws Exception {
        create();
        for (Finding finding : new Topics(settings).check()) {
            assertEquals(Level.OK, finding.level(), finding::toString);
            assertNull(finding.mend());
        }
    }

    @Test
    void withoutACreateEachTopicAndGroupIsMissedWithItsMend() throws Exception {
        List<Finding> findings = new Topics(settings).check();
        assertEquals(Level.OK, find(findings, "kafka").level());
        assertEquals("share.version 2", find(findings, "share groups").message());
        assertEquals(
                new Finding(
                        "topic " + prefix + ".execute",
                        Level.BAD,
                        "is not there",
                        "./boxcar topics create"),
                find(findings, "topic " + prefix + ".execute"));
        assertEquals(
                new Finding(
                        "group " + prefix + "-execute",
                        Level.BAD,
                        "must have share.auto.offset.reset=earliest,share.delivery.count.limit=10,"
                                + "share.isolation.level=read_committed,"
                                + "share.partition.max.record.locks=10000,"
                                + "share.record.lock.duration.ms=2000",
                        "./boxcar topics create"),
                find(findings, "group " + prefix + "-execute"));
    }

    @Test
    void aCatalogueWithTwoPartitionsIsRefused() throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(prefix + ".runtimes", 2, (short) 1)))
                    .all()
                    .get(120, TimeUnit.SECONDS);
        }
        create();
        Finding finding = find(new Topics(settings).check(), "topic " + prefix + ".runtimes");
        assertEquals(Level.BAD, finding.level());
        assertEquals(
                "has 2 partitions, but a runtime's id is its offset in one", finding.message());
    }

    @Test
    void aCatalogueThatForgetsIsRefused() throws Exception {
        create();
        try (Admin admin = admin()) {
            Collection<AlterConfigOp> forget =
                    List.of(
                            new AlterConfigOp(
                                    new ConfigEntry("retention.ms", "1000"),
                                    AlterConfigOp.OpType.SET));
            admin.incrementalAlterConfigs(
                            Map.of(
                                    new ConfigResource(
                                            ConfigResource.Type.TOPIC, prefix + ".runtimes"),
                                    forget))
                    .all()
                    .get(120, TimeUnit.SECONDS);
        }
        Finding finding = find(new Topics(settings).check(), "topic " + prefix + ".runtimes");
        assertEquals("must have retention.ms=-1", finding.message());
    }

    @Test
    void aBrokerThatIsNotThereIsSaidWithWhatToDo() throws Exception {
        IntakeSettings nowhere =
                cluster.settings(prefix, Map.of("bootstrap.servers", "127.0.0.1:1"));
        List<Finding> findings = new Topics(nowhere).check();
        assertEquals(1, findings.size());
        assertEquals(Level.BAD, findings.getFirst().level());
        assertEquals(
                "127.0.0.1:1 does not answer", findings.getFirst().message().split(":(?= )", 2)[0]);
    }

    @Test
    void boundsOfTheBrokerAreKept() throws Exception {
        IntakeSettings tooMany =
                new IntakeSettings(
                        prefix,
                        settings.kafka(),
                        1,
                        1,
                        25,
                        Duration.ofHours(2),
                        Duration.ZERO,
                        "here",
                        false,
                        4096,
                        Duration.ofMillis(1));
        new Topics(tooMany).create(1, _ -> {});
        Finding finding = find(new Topics(tooMany).check(), "group " + prefix + "-execute");
        assertEquals(
                "the broker allows 10 deliveries, but 25 are configured: the last would never come",
                finding.message());
    }

    @Test
    void aBrokerThatAllowsFewerThanTwoDeliveriesMoreThanWeDoIsWarnedOf() throws Exception {
        IntakeSettings asMany =
                new IntakeSettings(
                        prefix,
                        settings.kafka(),
                        1,
                        1,
                        10,
                        settings.lock(),
                        Duration.ZERO,
                        "here",
                        false,
                        4096,
                        Duration.ofMillis(1));
        new Topics(asMany).create(1, _ -> {});
        Finding finding = find(new Topics(asMany).check(), "group " + prefix + "-execute");
        assertEquals(Level.WARN, finding.level());
        assertEquals(
                "the broker allows 10 deliveries, and 10 are configured: a replica that is killed"
                        + " uses up to 2 more, and with the broker's last its job ends without a"
                        + " result",
                finding.message());
    }

    private List<String> create() throws InterruptedException {
        List<String> lines = new ArrayList<>();
        new Topics(settings).create(1, lines::add);
        return lines;
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", cluster.bootstrapServers()));
    }

    private static Finding find(List<Finding> findings, String subject) {
        return findings.stream().filter(f -> f.subject().equals(subject)).findFirst().orElseThrow();
    }
}
