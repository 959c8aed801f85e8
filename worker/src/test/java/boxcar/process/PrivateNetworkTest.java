package boxcar.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs root, as all that starts boxes does. */
class PrivateNetworkTest {
    private static final String WHERE = "readlink /proc/self/ns/net";

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private PrivateNetwork network;

    @SuppressWarnings("NullAway.Init")
    private StreamFiles files;

    @BeforeEach
    void makeIt() throws Exception {
        network = thread.submit(() -> new PrivateNetwork()).get();
        files = new StreamFiles(folder.resolve("in"), folder.resolve("out"), folder.resolve("err"));
        OsProcess.run(
                Command.tool(List.of("mkfifo", "" + files.out(), "" + files.err())),
                Duration.ofSeconds(20));
    }

    @AfterEach
    void closeIt() throws Exception {
        thread.submit(network::close).get();
        thread.shutdownNow();
    }

    @Test
    void aProcessFindsALoopbackInterfaceThatIsUpAndNothingElse() throws Exception {
        assertEquals("lo", run("perl -ne '/(\\w+):/ && print $1' /proc/self/net/dev"));
        assertEquals("127.0.0.1", run(listens("127.0.0.1") + "print \"127.0.0.1\"'"));
    }

    @Test
    void aNamespaceThatNobodyUsedIsUsedAgain() throws Exception {
        String first = run(WHERE);

        assertNotEquals(Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString(), first);
        assertEquals(first, run(WHERE));
        assertEquals(first, run(WHERE));
    }

    @Test
    void afterTrafficTheNextProcessGetsANewOne() throws Exception {
        String first = run(WHERE);
        run(
                "perl -MIO::Socket::INET -e '"
                        + "my $u = IO::Socket::INET->new(Proto => \"udp\", PeerAddr => \"127.0.0.1:9\");"
                        + " $u->send(\"x\")'");

        assertNotEquals(first, run(WHERE));
    }

    @Test
    void afterARefusedConnectionTheNextProcessGetsANewOne() throws Exception {
        String first = run(WHERE);
        run("perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => \"192.0.2.1:80\")'; :");

        assertNotEquals(first, run(WHERE));
    }

    @Test
    void theThreadIsAtHomeAfterwardsAlsoAfterAFailure() throws Exception {
        String home = thread.submit(PrivateNetworkTest::here).get();
        run(WHERE);
        assertEquals(home, thread.submit(PrivateNetworkTest::here).get());

        var failure =
                assertThrows(
                        ExecutionException.class,
                        () ->
                                thread.submit(() ->
                                                network.within(() -> {
                                                    throw new IOException("no program");
                                                }))
                                        .get());
        assertEquals("java.io.IOException: no program", failure.getMessage());
        assertEquals(home, thread.submit(PrivateNetworkTest::here).get());
    }

    @Test
    void theThreadIsAtHomeWhenANamespaceCannotBeMade() throws Exception {
        String home = thread.submit(PrivateNetworkTest::here).get();
        PrivateNetwork broken =
                thread.submit(() -> new PrivateNetwork(folder.resolve("nowhere"))).get();
        for (int time = 1; time <= 2; time++) {
            var failure =
                    assertThrows(
                            ExecutionException.class,
                            () -> thread.submit(() -> broken.within(() -> 1)).get());
            assertEquals(
                    "java.io.IOException: cannot open %s: No such file or directory"
                            .formatted(folder.resolve("nowhere")),
                    failure.getMessage());
            assertEquals(home, thread.submit(PrivateNetworkTest::here).get());
        }
        thread.submit(broken::close).get();
    }

    private static String here() throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
    }

    private static String listens(String address) {
        return "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Listen => 1, LocalAddr => \""
                + address
                + "\") or die; ";
    }

    private String run(String script) throws Exception {
        Capture stdout = Capture.quiet(1000);
        Capture stderr = Capture.quiet(1000);
        OsProcess process =
                OsProcess.start(
                        new Command(
                                List.of("sh", "-c", script),
                                Map.of("PATH", "/usr/bin:/bin"),
                                new byte[0]),
                        files,
                        this::apart,
                        stdout,
                        stderr);
        process.await(Duration.ofSeconds(20));
        process.awaitStreams();
        assertEquals(0, process.exit(), () -> new String(stderr.bytes(), UTF_8));
        return new String(stdout.bytes(), UTF_8).strip();
    }

    private int apart(OsProcess.Call call) throws IOException {
        try {
            return thread.submit(() -> network.within(call)).get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IOException(e.getCause());
        }
    }
}
