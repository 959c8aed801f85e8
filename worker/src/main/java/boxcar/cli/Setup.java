package boxcar.cli;

import boxcar.config.Config;
import boxcar.config.Config.LimitRange;
import boxcar.config.ConfigException;
import boxcar.intake.BoxcarClient;
import boxcar.intake.CodecWire;
import boxcar.intake.FirstContact;
import boxcar.intake.Format;
import boxcar.intake.IntakeSettings;
import boxcar.intake.JobRules;
import boxcar.intake.KafkaNames;
import boxcar.intake.ResultCodec;
import boxcar.job.Fault;
import boxcar.job.Limits;
import boxcar.job.StageKind;
import boxcar.sandbox.SandboxSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Options of every command that needs the configuration, and what the rooms are told from it. */
final class Setup {
    private static final Logger LOG = LoggerFactory.getLogger(Setup.class);
    private static final Path INSTALLED = Path.of("/etc/boxcar/boxcar.properties");

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description =
                    "Configuration file; default: $BOXCAR_CONFIG, else /etc/boxcar/boxcar.properties if it is"
                            + " there. 'boxcar config' prints every key.")
    private @Nullable Path file;

    @Option(
            names = {"-b", "--bootstrap-server"},
            paramLabel = "HOST:PORT,…",
            description =
                    "Kafka brokers; stronger than kafka.bootstrap.servers of the configuration.")
    private @Nullable String bootstrap;

    Config config() throws ConfigException {
        Map<String, String> environment = new HashMap<>(System.getenv());
        if (bootstrap != null) {
            environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", bootstrap);
        }
        Config config = Config.read(file(), environment, KafkaNames.all());
        config.kafka().keySet().stream()
                .filter(name -> !KafkaNames.isKnown(name))
                .sorted()
                .forEach(name ->
                        LOG.warn(
                                "kafka.{}: Kafka's clients have no such setting; it is passed on to them",
                                name));
        return config;
    }

    /**
     * A client of a cluster that answers and lets us in.
     *
     * @throws Fault if it does not, naming it and what to mend
     */
    static BoxcarClient client(Config config) throws Fault, InterruptedException {
        IntakeSettings settings = intake(config);
        FirstContact.require(settings);
        return new BoxcarClient(settings, wire(config, ""));
    }

    private Optional<Path> file() {
        if (file != null) {
            return Optional.of(file);
        }
        String named = System.getenv("BOXCAR_CONFIG");
        if (named != null && !named.isEmpty()) {
            return Optional.of(Path.of(named));
        }
        return Optional.of(INSTALLED).filter(Files::isReadable);
    }

    static SandboxSettings sandbox(Config config) {
        Config.Boxes boxes = config.boxes();
        return new SandboxSettings(
                SandboxSettings.Choice.valueOf(boxes.engine().toUpperCase(Locale.ROOT)),
                boxes.isolate(),
                boxes.runc(),
                boxes.first(),
                boxes.last(),
                boxes.executions() + boxes.installs(),
                boxes.locks(),
                boxes.diskKib(),
                boxes.etc());
    }

    static IntakeSettings intake(Config config) {
        Config.Boxes boxes = config.boxes();
        Config.Jobs jobs = config.jobs();
        return new IntakeSettings(
                config.prefix(),
                config.kafka(),
                boxes.executions() + boxes.extraSlots(),
                boxes.installs(),
                jobs.deliveries(),
                jobs.lock(),
                jobs.grace(),
                config.replica(),
                config.output().json(),
                config.output().resultKib() * 1024,
                jobs.backOff().isZero() ? Duration.ofMillis(1) : jobs.backOff());
    }

    static CodecWire wire(Config config, String engine) {
        Format format = config.output().json() ? Format.JSON : Format.AVRO;
        ResultCodec results = new ResultCodec(format, config.output().resultKib() * 1024);
        return new CodecWire(rules(config), results, config.replica(), engine);
    }

    static JobRules rules(Config config) {
        JobRules.Caps standard = JobRules.Caps.STANDARD;
        Config.Jobs jobs = config.jobs();
        JobRules.Caps caps =
                new JobRules.Caps(
                        standard.args(),
                        standard.argBytes(),
                        standard.envEntries(),
                        standard.envBytes(),
                        jobs.files(),
                        Math.toIntExact(jobs.sourceKib()),
                        standard.zipEntries(),
                        Math.toIntExact(jobs.sourceKib()),
                        jobs.tests(),
                        standard.outputFiles());
        return new JobRules(
                limits(config, LimitRange::fallback),
                limits(config, LimitRange::max),
                caps,
                InstantSource.system());
    }

    /**
     * What a producer checks before it sends: not the limits, since the worker's operator sets
     * those.
     */
    static JobRules producerRules(Config config) {
        Map<StageKind, Limits> maxima = new EnumMap<>(StageKind.class);
        for (StageKind kind : StageKind.values()) {
            maxima.put(kind, JobRules.NO_MAXIMUM);
        }
        return new JobRules(
                limits(config, LimitRange::fallback),
                maxima,
                rules(config).caps(),
                InstantSource.system());
    }

    private static Map<StageKind, Limits> limits(
            Config config, Function<LimitRange, Limits> which) {
        Map<StageKind, Limits> limits = new EnumMap<>(StageKind.class);
        for (StageKind kind : StageKind.values()) {
            limits.put(kind, which.apply(config.range(kind)));
        }
        return limits;
    }
}
