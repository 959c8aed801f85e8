package boxcar.cli;

import boxcar.broker.EmbeddedBroker;
import boxcar.files.Trees;
import java.nio.file.Files;
import java.nio.file.Path;

/** On a broker in this JVM. */
class EmbeddedEndToEndTest extends EndToEndContract {
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedBroker broker;

    @Override
    String startBroker() throws Exception {
        folder = Files.createTempDirectory("boxcar-test-kafka-");
        broker = EmbeddedBroker.start(folder, 0);
        return broker.bootstrapServers();
    }

    @Override
    void stopBroker() throws Exception {
        broker.close();
        Trees.delete(folder);
    }
}
