package boxcar.config;

import boxcar.job.EtcEntries;
import boxcar.job.Limits;
import boxcar.job.StageKind;
import java.io.IOException;
import java.io.Reader;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/**
 * All that an operator can set. What each part means, its unit and its bounds: {@link Key}.
 *
 * <p>{@link #toString} shows no value of {@code kafka}, since those may be secrets.
 *
 * @param kafka properties of the Kafka clients
 * @param leastFreeMib room that the state folder's disk must have; 0: whatever it has
 * @param limits default and maximum for each kind of stage
 */
public record Config(
        Map<String, String> kafka,
        String prefix,
        Path state,
        long leastFreeMib,
        String replica,
        Boxes boxes,
        Network network,
        Nix nix,
        Output output,
        Jobs jobs,
        Metrics metrics,
        Map<StageKind, LimitRange> limits) {
    private static final int BOX_NUMBERS = 1 << 23;
    private static final long PAGE_KIB = 4;

    /** Half of what a work directory holds (Disk.MOST_FILES). */
    private static final int MOST_FILES = 8_192;

    public Config {
        kafka = Map.copyOf(kafka);
        limits = Map.copyOf(limits);
    }

    /**
     * The sandbox and its boxes; numbers {@code first} to {@code last} are shared by a host's
     * replicas.
     */
    public record Boxes(
            String engine,
            String isolate,
            String runc,
            Path locks,
            int first,
            int last,
            int executions,
            int installs,
            int extraSlots,
            long diskKib,
            EtcEntries etc) {}

    /** Which kinds of stages reach the network. */
    public record Network(boolean install, boolean execute) {}

    /** What Nix is told. */
    public record Nix(Optional<String> path, Optional<String> buildShell) {}

    /** What is kept and sent. */
    public record Output(int streamKib, long filesKib, boolean json, int resultKib) {}

    /** How jobs are taken, tried again, remembered, and how large they may be. */
    public record Jobs(
            Duration lock,
            int deliveries,
            Duration backOff,
            Duration grace,
            Duration remembered,
            long sourceKib,
            int files,
            int tests) {}

    /** Where the metrics are served. */
    public record Metrics(String host, int port) {}

    /** What a job gets, and the most that it may ask for. */
    public record LimitRange(Limits fallback, Limits max) {}

    /** The limits of a kind of stage. */
    public LimitRange range(StageKind kind) {
        return Objects.requireNonNull(limits.get(kind), kind::name);
    }

    /**
     * Reads the file, if one is named, and the environment.
     *
     * @throws ConfigException naming every key that is wrong, and what it may be
     */
    public static Config read(Optional<Path> file, Map<String, String> environment)
            throws ConfigException {
        return read(file, environment, Set.of());
    }

    /**
     * As {@link #read(Optional, Map)}, and refuses slips in names of Kafka's settings.
     *
     * @param kafkaNames what Kafka's clients can be told
     */
    public static Config read(
            Optional<Path> file, Map<String, String> environment, Set<String> kafkaNames)
            throws ConfigException {
        Settings settings =
                new Settings(
                        file.isPresent() ? load(file.get()) : Map.of(), environment, kafkaNames);
        Config config = from(settings);
        settings.throwIfWrong();
        return config;
    }

    private static Map<String, String> load(Path file) throws ConfigException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    List.of("cannot read the configuration file " + file + ": " + e));
        }
        Map<String, String> values = new HashMap<>();
        properties
                .stringPropertyNames()
                .forEach(name -> values.put(name, properties.getProperty(name)));
        return values;
    }

    private static Config from(Settings settings) {
        Map<StageKind, LimitRange> limits = new EnumMap<>(StageKind.class);
        for (StageKind kind : StageKind.values()) {
            limits.put(
                    kind, limits(settings, "limits." + kind.name().toLowerCase(Locale.ROOT) + "."));
        }
        return new Config(
                settings.kafka(),
                settings.matching(
                        "topics.prefix",
                        "[A-Za-z0-9._-]{1,100}",
                        "must be 1 to 100 letters, digits, '.', '_', '-'"),
                Path.of(settings.text("state")).toAbsolutePath().normalize(),
                settings.number("disk.free_mib", 0, 1 << 30),
                settings.optional("replica").orElseGet(Config::hostAndProcess),
                boxes(settings),
                new Network(settings.flag("network.install"), settings.flag("network.execute")),
                new Nix(settings.optional("nix.path"), settings.optional("nix.build_shell")),
                new Output(
                        settings.integer("output_kib", 1, 65536),
                        settings.number("output_files_kib", 0, 65536),
                        settings.oneOf("results.format", Set.of("avro", "json")).equals("json"),
                        settings.integer("results.max_kib", 64, 65536)),
                jobs(settings),
                new Metrics(
                        settings.text("metrics.host"), settings.integer("metrics.port", 0, 65535)),
                limits);
    }

    private static Boxes boxes(Settings settings) {
        int first = settings.integer("boxes.first", 0, BOX_NUMBERS - 1);
        int last = settings.integer("boxes.last", 0, BOX_NUMBERS - 1);
        if (last < first) {
            settings.problem(
                    "boxes.last",
                    "must not be below boxes.first (" + first + ")",
                    Integer.toString(last),
                    last);
        }
        return new Boxes(
                settings.oneOf("sandbox", Set.of("auto", "isolate", "runc")),
                settings.text("sandbox.isolate"),
                settings.text("sandbox.runc"),
                Path.of(settings.text("sandbox.locks")),
                first,
                last,
                settings.optional("boxes").isPresent()
                        ? settings.integer("boxes", 1, 1000)
                        : Runtime.getRuntime().availableProcessors(),
                settings.integer("installs", 1, 100),
                settings.integer("slots.extra", 0, 100),
                diskKib(settings),
                etc(settings));
    }

    private static EtcEntries etc(Settings settings) {
        String text = settings.text("box.etc");
        try {
            return EtcEntries.parse(text);
        } catch (IllegalArgumentException e) {
            return settings.problem(
                    "box.etc",
                    "must name paths below /etc that hold no secret: " + e.getMessage(),
                    text,
                    EtcEntries.STANDARD);
        }
    }

    /** Every source that is permitted must fit, each file on pages of its own. */
    private static long diskKib(Settings settings) {
        long disk = settings.number("limits.disk_kib", 1024, 1 << 30);
        long least =
                settings.number("limits.source_kib", 1, 1 << 20)
                        + PAGE_KIB * settings.integer("limits.files", 1, MOST_FILES);
        return disk >= least
                ? disk
                : settings.problem(
                        "limits.disk_kib",
                        "must be at least "
                                + least
                                + ", so that the largest source fits (limits.source_kib, and "
                                + PAGE_KIB
                                + " for each of limits.files)",
                        Long.toString(disk),
                        disk);
    }

    private static Jobs jobs(Settings settings) {
        return new Jobs(
                seconds(settings, "jobs.lock_seconds", 1, 3600),
                settings.integer("jobs.deliveries", 2, 25),
                seconds(settings, "jobs.backoff_seconds", 0, 600),
                seconds(settings, "jobs.grace_seconds", 0, 3600),
                Duration.ofDays(settings.integer("ledger.days", 1, 3650)),
                settings.number("limits.source_kib", 1, 1 << 20),
                settings.integer("limits.files", 1, MOST_FILES),
                settings.integer("limits.tests", 1, 100_000));
    }

    /** Sizes in KiB must fit isolate's 32 bits. */
    private static final Limits NO_MORE_THAN_ISOLATE_TAKES =
            new Limits(
                    Duration.ofDays(10),
                    Duration.ofDays(10),
                    Duration.ofDays(10),
                    Integer.MAX_VALUE,
                    Integer.MAX_VALUE,
                    1 << 20,
                    1 << 20,
                    Integer.MAX_VALUE);

    private static LimitRange limits(Settings settings, String prefix) {
        Limits max = limits(settings, prefix, ".max", NO_MORE_THAN_ISOLATE_TAKES);
        return new LimitRange(limits(settings, prefix, "", max), max);
    }

    private static Limits limits(Settings settings, String prefix, String suffix, Limits max) {
        return new Limits(
                upTo(settings, prefix + "wall_time" + suffix, 0.001, max.wallTime()),
                upTo(settings, prefix + "cpu_time" + suffix, 0.001, max.cpuTime()),
                upTo(settings, prefix + "extra_time" + suffix, 0, max.extraTime()),
                settings.numberUpTo(prefix + "memory" + suffix, 1, max.memoryKib()),
                settings.numberUpTo(prefix + "max_file_size" + suffix, 1, max.maxFileSizeKib()),
                (int)
                        settings.numberUpTo(
                                prefix + "max_open_files" + suffix, 4, max.maxOpenFiles()),
                (int)
                        settings.numberUpTo(
                                prefix + "max_number_of_processes" + suffix, 1, max.maxProcesses()),
                settings.numberUpTo(prefix + "max_output" + suffix, 1, max.maxOutputKib()));
    }

    private static Duration upTo(Settings settings, String name, double least, Duration most) {
        return millis(settings.secondsUpTo(name, least, most.toMillis() / 1000.0));
    }

    private static Duration seconds(Settings settings, String name, double least, double most) {
        return millis(settings.seconds(name, least, most));
    }

    private static Duration millis(double seconds) {
        return Duration.ofMillis(Math.round(seconds * 1000));
    }

    private static String hostAndProcess() {
        return hostName() + "-" + ProcessHandle.current().pid();
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    @Override
    public String toString() {
        return "Config[prefix="
                + prefix
                + ", state="
                + state
                + ", replica="
                + replica
                + ", boxes="
                + boxes
                + ", network="
                + network
                + ", output="
                + output
                + ", jobs="
                + jobs
                + ", metrics="
                + metrics
                + ", kafka="
                + new java.util.TreeSet<>(kafka.keySet())
                + "]";
    }
}
