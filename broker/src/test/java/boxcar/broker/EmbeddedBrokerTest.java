package boxcar.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {
    @TempDir private Path directory;

    @Test
    void aTopicIsStillThereAfterARestartOnTheSameDirectory() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                Admin admin = admin(broker)) {
            admin.createTopics(List.of(new NewTopic("here", 1, (short) 1)))
                    .all()
                    .get(20, TimeUnit.SECONDS);
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                Admin admin = admin(broker)) {
            assertEquals(Set.of("here"), admin.listTopics().names().get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void itSupportsShareGroups() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory, 0);
                Admin admin = admin(broker)) {
            var features =
                    admin.describeFeatures()
                            .featureMetadata()
                            .get(20, TimeUnit.SECONDS)
                            .finalizedFeatures();
            assertTrue(features.get("share.version").maxVersionLevel() >= 1, features::toString);
        }
    }

    @Test
    void aTakenPortIsSaid() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("a"), 0)) {
            var refused =
                    assertThrows(
                            IOException.class,
                            () ->
                                    EmbeddedBroker.start(directory.resolve("b"), broker.port())
                                            .close());
            assertTrue(
                    refused.getMessage()
                            .startsWith("port " + broker.port() + " of 127.0.0.1 is taken"),
                    refused::getMessage);
        }
    }

    private static Admin admin(EmbeddedBroker broker) {
        return Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
    }
}
