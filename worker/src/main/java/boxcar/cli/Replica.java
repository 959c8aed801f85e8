package boxcar.cli;

import boxcar.config.Config;
import boxcar.engine.Engine;
import boxcar.engine.EngineSettings;
import boxcar.engine.SandboxGuard;
import boxcar.intake.CatalogueAppender;
import boxcar.intake.CatalogueFollower;
import boxcar.intake.CodecWire;
import boxcar.intake.Intake;
import boxcar.intake.IntakeSettings;
import boxcar.job.Catalogue;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.StageKind;
import boxcar.metrics.Metrics;
import boxcar.metrics.MetricsServer;
import boxcar.runtime.RuntimeSettings;
import boxcar.runtime.Runtimes;
import boxcar.sandbox.Sandboxes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker, wired by hand: the plan of the house, from the cellar to the roof. Closing it takes
 * the same way back.
 */
public final class Replica implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    private static final String CATALOGUE = "following the catalogue";

    private final Deque<AutoCloseable> open;
    private final SandboxGuard sandbox;
    private final Runtimes runtimes;
    private final Intake intake;
    private final MetricsServer server;

    private Replica(
            Config config, KafkaCheck kafka, Consumer<String> onFatal, Deque<AutoCloseable> open)
            throws Fault, Refused, IOException, InterruptedException {
        this.open = open;
        open.push(StateLock.take(config.state()));
        Metrics metrics = new Metrics();
        sandbox =
                hold(
                        SandboxGuard.sharing(
                                Sandboxes.open(Setup.sandbox(config), metrics),
                                config.boxes().executions(),
                                config.boxes().installs(),
                                () -> SandboxWatch.healthCheck(config.state())));
        kafka.pass();
        LOG.info("sandbox: {}; boxes: {}", sandbox.engine().describe(), sandbox.boxes().total());
        runtimes = hold(Runtimes.open(runtimeSettings(config), sandbox));

        IntakeSettings settings = Setup.intake(config);
        CodecWire wire = Setup.wire(config, sandbox.engine().name());
        CatalogueAppender log = hold(new CatalogueAppender(settings, wire, this::giveUp));
        Engine engine =
                new Engine(
                        engineSettings(config),
                        sandbox,
                        runtimes.workshop(),
                        runtimes.catalogue(),
                        GameDayPauses.after(log),
                        metrics);
        intake =
                hold(
                        Intake.open(
                                settings,
                                wire,
                                new Intake.Contracts(
                                        GameDayPauses.after(runtimes.ledger()), engine, metrics),
                                onFatal));
        intake.pause(CATALOGUE);
        hold(SandboxWatch.start(sandbox, intake));
        hold(
                DiskWatch.start(
                        intake,
                        new DiskWatch.Watched(
                                config.state(),
                                config.leastFreeMib() << 20,
                                runtimes,
                                intake::giveUp)));
        hold(
                CatalogueFollower.start(
                        settings,
                        wire,
                        runtimes.catalogue(),
                        new CatalogueFollower.Told(
                                this::caughtUp, this::awaitUpdate, intake::giveUp)));
        metrics.watch(
                new Metrics.Watched(
                        Version.text(),
                        sandbox,
                        () -> listed(runtimes.catalogue()),
                        () -> intake.ready().ready()));
        server =
                hold(
                        new MetricsServer(
                                config.metrics().host(),
                                config.metrics().port(),
                                metrics,
                                this::notReady));
        intake.start();
    }

    /** Waits until what was looked into meanwhile is known to be as a worker needs it. */
    @FunctionalInterface
    interface KafkaCheck {
        void pass() throws Refused, InterruptedException;
    }

    /** It is not, and whoever found it has told so. */
    static final class Refused extends Exception {}

    /**
     * Opens everything and begins to take jobs, on a cluster that is known to be as it needs it.
     *
     * @param onFatal gets one line when it is no use to go on; whoever opened it is to close it
     * @throws Fault if the sandbox or the state folder cannot be used
     * @throws IOException if the metrics cannot be served
     */
    static Replica open(Config config, Consumer<String> onFatal)
            throws Fault, IOException, InterruptedException {
        try {
            return open(config, () -> {}, onFatal);
        } catch (Refused e) {
            throw new AssertionError("nothing was being looked into", e);
        }
    }

    /**
     * Likewise, while Kafka is still being looked into.
     *
     * @param kafka passed before anything of Kafka is opened
     */
    static Replica open(Config config, KafkaCheck kafka, Consumer<String> onFatal)
            throws Fault, Refused, IOException, InterruptedException {
        Deque<AutoCloseable> parts = new ArrayDeque<>();
        boolean opened = false;
        try {
            Replica replica = new Replica(config, kafka, onFatal, parts);
            opened = true;
            return replica;
        } finally {
            if (!opened) {
                closeAll(parts);
            }
        }
    }

    private <T extends AutoCloseable> T hold(T part) {
        open.push(part);
        return part;
    }

    private static RuntimeSettings runtimeSettings(Config config) {
        Map<String, String> nix = new HashMap<>();
        config.nix().path().ifPresent(path -> nix.put("NIX_PATH", path));
        config.nix()
                .buildShell()
                .or(() ->
                        Optional.of("/bin/bash").filter(bash -> Files.isExecutable(Path.of(bash))))
                .ifPresent(bash -> nix.put("NIX_BUILD_SHELL", bash));
        return new RuntimeSettings(
                config.state(),
                nix,
                config.network().install(),
                Math.min(config.output().streamKib(), config.output().resultKib()),
                config.jobs().remembered(),
                InstantSource.system());
    }

    private static EngineSettings engineSettings(Config config) {
        Set<StageKind> network = EnumSet.noneOf(StageKind.class);
        if (config.network().execute()) {
            network.addAll(Set.of(StageKind.COMPILE, StageKind.RUN));
        }
        return new EngineSettings(
                config.state().resolve("work"),
                config.output().streamKib(),
                config.output().filesKib(),
                config.output().resultKib(),
                config.range(StageKind.COMPILE).fallback(),
                config.range(StageKind.RUN).fallback(),
                network,
                InstantSource.system());
    }

    /** Installations run only when the intake, which is made later, is there. */
    private void giveUp(String message) {
        intake.giveUp(message);
    }

    private void caughtUp() {
        try {
            runtimes.reconcile();
        } catch (Fault fault) {
            LOG.warn("{}", fault.getMessage());
        }
        intake.resume(CATALOGUE);
        LOG.info(
                "the catalogue was followed to its end: {} runtimes",
                listed(runtimes.catalogue()).size());
    }

    /** Other replicas know runtimes that this one cannot: it takes no jobs until it is updated. */
    private void awaitUpdate(String message) {
        LOG.error("{}; it takes no jobs until then", message);
        intake.pause(message);
    }

    private static java.util.List<boxcar.job.LanguageRuntime> listed(Catalogue catalogue) {
        try {
            return catalogue.list();
        } catch (Fault fault) {
            return java.util.List.of();
        }
    }

    /** Why no jobs are taken; empty while they are. */
    public Optional<String> notReady() {
        Intake.Readiness ready = intake.ready();
        return ready.ready() ? Optional.empty() : Optional.of(ready.reason());
    }

    /** Where the metrics are served. */
    public InetSocketAddress metrics() {
        return server.address();
    }

    public Catalogue catalogue() {
        return runtimes.catalogue();
    }

    public Sandbox sandbox() {
        return sandbox;
    }

    /** Makes a close that goes on, or comes, give back at once what still runs. */
    public void hurry() {
        intake.hurry();
    }

    @Override
    public void close() {
        // Intake first, for it finishes what runs; the rest would be pulled from under it.
        open.push(intake);
        closeAll(open);
    }

    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn(
                        "{} did not close well: {}", part.getClass().getSimpleName(), e.toString());
            }
        }
    }
}
