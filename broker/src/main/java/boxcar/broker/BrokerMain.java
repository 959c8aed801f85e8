package boxcar.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;

/**
 * The broker as a process of its own.
 *
 * <p>{@code --directory D [--port P] [--advertised-port A] [--session-seconds S]
 * [--until-stdin-closes]}: prints {@code ready HOST:PORT} on stdout when it takes clients, and
 * stops in order on SIGTERM, or when stdin ends if it was told so: a parent that dies cannot leave
 * it behind. Clients are told the advertised port, of something that leads to the other; 0 or none
 * means that they are the same. The broker is fenced, and becomes the leader anew, when it sends no
 * heartbeat for its session time; 2 s is the default.
 */
public final class BrokerMain {
    private static final int USAGE = 2;

    private BrokerMain() {}

    public static void main(String[] args) throws Exception {
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "boxcar-broker-logback.xml");
        }
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(USAGE);
            return;
        }
        try {
            serve(options);
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    private static void serve(Options options) throws IOException, InterruptedException {
        EmbeddedBroker broker =
                EmbeddedBroker.advertising(
                        options.directory(),
                        options.port(),
                        options.advertisedPort(),
                        options.sessionSeconds());
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "stop"));
        System.out.println("ready " + broker.bootstrapServers());
        System.out.flush();
        if (options.untilStdinCloses()) {
            System.in.transferTo(OutputStream.nullOutputStream());
            System.exit(0);
        }
        new CountDownLatch(1).await();
    }

    private record Options(
            Path directory,
            int port,
            int advertisedPort,
            int sessionSeconds,
            boolean untilStdinCloses) {
        private static final String HELP =
                "usage: --directory D [--port P] [--advertised-port A] [--session-seconds S]"
                        + " [--until-stdin-closes]; ";

        static Options parse(String[] args) {
            Path directory = null;
            int port = 0;
            int advertisedPort = 0;
            int sessionSeconds = 2;
            boolean untilStdinCloses = false;
            Iterator<String> rest = Arrays.asList(args).iterator();
            while (rest.hasNext()) {
                String arg = rest.next();
                switch (arg) {
                    case "--directory" -> directory = Path.of(value(arg, rest));
                    case "--port" -> port = number(arg, value(arg, rest));
                    case "--advertised-port" -> advertisedPort = number(arg, value(arg, rest));
                    case "--session-seconds" -> sessionSeconds = number(arg, value(arg, rest));
                    case "--until-stdin-closes" -> untilStdinCloses = true;
                    default -> throw new IllegalArgumentException(HELP + "unknown: " + arg);
                }
            }
            if (directory == null) {
                throw new IllegalArgumentException(HELP + "--directory is missing");
            }
            return new Options(directory, port, advertisedPort, sessionSeconds, untilStdinCloses);
        }

        private static String value(String arg, Iterator<String> rest) {
            if (!rest.hasNext()) {
                throw new IllegalArgumentException(HELP + arg + " needs a value");
            }
            return rest.next();
        }

        private static int number(String arg, String text) {
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        HELP + arg + " is a number, not '" + text + "'", e);
            }
        }
    }
}
