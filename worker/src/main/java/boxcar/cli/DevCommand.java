package boxcar.cli;

import boxcar.job.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A broker and a worker that stay up. */
@Command(
        name = "dev",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a Kafka broker and a worker that stay up until Ctrl-C.",
            "Prints where they are. What is installed stays installed the next time. The other commands find the broker at its default address:",
            "",
            "  boxcar install examples/runtimes/perl.json --wait",
            "  boxcar execute examples/jobs/perl-hello.json --wait",
            "",
        })
final class DevCommand implements Callable<Integer> {
    @Option(
            names = "--port",
            defaultValue = "9092",
            description = "Where Kafka listens, on 127.0.0.1; default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--metrics-port",
            defaultValue = "9464",
            description = "Where the metrics are served; default: ${DEFAULT-VALUE}.")
    private int metricsPort;

    @Option(
            names = "--state",
            paramLabel = "FOLDER",
            description = "Where all is kept; default: .boxcar/dev beside the launcher.")
    private @org.jspecify.annotations.Nullable Path state;

    @Override
    public Integer call() throws Exception {
        Path folder =
                state != null
                        ? state
                        : Path.of(System.getProperty("boxcar.home", "."), ".boxcar", "dev");
        requireFree(port, "--port");
        requireFree(metricsPort, "--metrics-port");
        CountDownLatch stop = new CountDownLatch(1);
        StopSignals.hear(_ -> stop.countDown());
        try (LocalCluster cluster =
                LocalCluster.start(
                        folder, port, metricsPort, line -> System.err.println("· " + line))) {
            print(cluster);
            stop.await();
            System.err.println("· stopping");
        }
        return Exit.WELL;
    }

    private static void requireFree(int port, String option) throws Fault {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new Fault(
                    "dev",
                    Fault.Next.GIVE_UP,
                    "port %d of 127.0.0.1 cannot be used (%s); choose another with %s"
                            .formatted(port, e.getMessage(), option));
        }
    }

    private static void print(LocalCluster cluster) {
        System.out.println("Kafka:    " + cluster.bootstrap());
        System.out.println(
                "Metrics:  http:/"
                        + cluster.replica().metrics()
                        + "/metrics (also /healthy, /ready)");
        System.out.println("Topics:   boxcar.install, boxcar.execute -> boxcar.results");
        System.out.println("Try:      ./boxcar install examples/runtimes/perl.json --wait");
        System.out.println("          ./boxcar execute examples/jobs/perl-hello.json --wait");
        System.out.println("Ctrl-C stops both.");
        System.out.flush();
    }
}
