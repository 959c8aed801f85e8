package boxcar.cli;

import boxcar.job.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker for {@code demo} and {@code dev}: a process of its own, which ends when we do,
 * since it watches our end of its standard input. The launcher tells where its jars are.
 */
final class LocalBroker implements AutoCloseable {
    private static final String CLASS_PATH = "boxcar.broker.classpath";
    private static final String READY = "ready ";

    /** The shortest that allows a broker to start again soon after a crash. */
    private static final Duration SESSION = Duration.ofSeconds(2);

    private static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1");

    private final Process process;
    private final String address;

    private LocalBroker(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    /**
     * Starts a broker and waits until it takes clients.
     *
     * @param port 0 for any free one
     * @throws Fault if its jars are not there, or it does not start
     */
    static LocalBroker start(Path directory, int port) throws Fault {
        return start(directory, port, 0);
    }

    /**
     * Starts one that is to work hard, with both of Java's compilers, as Kafka has them wherever it
     * is run for good. It takes longer to start, and more memory.
     */
    static LocalBroker startForLong(Path directory) throws Fault {
        return start(directory, new Ports(0, 0), SESSION, List.of());
    }

    /**
     * @param advertised the port that clients are told, of something that leads here; 0 for its own
     */
    static LocalBroker start(Path directory, int port, int advertised) throws Fault {
        return start(directory, new Ports(port, advertised), SESSION, QUICK_START);
    }

    /** Starts a broker that stays the leader although it is silent for up to a minute. */
    static LocalBroker startPatient(Path directory, int advertised) throws Fault {
        return start(directory, new Ports(0, advertised), Duration.ofMinutes(1), QUICK_START);
    }

    private record Ports(int own, int advertised) {}

    private static LocalBroker start(
            Path directory, Ports ports, Duration session, List<String> compilers) throws Fault {
        String classPath = System.getProperty(CLASS_PATH);
        if (classPath == null || classPath.isEmpty()) {
            throw new Fault(
                    "broker",
                    Fault.Next.GIVE_UP,
                    "this installation has no broker of its own; start through ./boxcar of the sources, or use"
                            + " 'boxcar worker' with a Kafka of yours");
        }
        try {
            Files.createDirectories(directory);
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(compilers);
            command.addAll(
                    List.of(
                            "-XX:+UseSerialGC",
                            "-Xmx256m",
                            "--sun-misc-unsafe-memory-access=allow",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            classPath,
                            "boxcar.broker.BrokerMain",
                            "--directory",
                            directory.toString(),
                            "--port",
                            Integer.toString(ports.own),
                            "--advertised-port",
                            Integer.toString(ports.advertised),
                            "--session-seconds",
                            Long.toString(session.toSeconds()),
                            "--until-stdin-closes"));
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(directory.resolve("broker.log").toFile())
                            .start();
            return new LocalBroker(process, awaitReady(process, directory));
        } catch (IOException e) {
            throw new Fault("broker", Fault.Next.GIVE_UP, "the broker did not start", e);
        }
    }

    private static String awaitReady(Process process, Path directory) throws IOException, Fault {
        BufferedReader out = process.inputReader();
        for (@Nullable String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith(READY)) {
                return line.substring(READY.length()).strip();
            }
        }
        process.destroy();
        throw new Fault(
                "broker",
                Fault.Next.GIVE_UP,
                "the broker did not start; its log says: "
                        + Files.readString(directory.resolve("broker.log")).strip());
    }

    String address() {
        return address;
    }

    /** Ends it as a power cut would, save that what it wrote is there. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
