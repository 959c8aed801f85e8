package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.Topics;
import boxcar.job.Fault;
import boxcar.sandbox.Remains;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A broker and some workers for a long time, under an even load. One worker is left in peace and
 * looked at; the others are killed, one after the other, and started again over their state.
 */
final class Soak implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration STARTING = Duration.ofMinutes(3);
    private static final Duration ANSWERING = Duration.ofMinutes(5);
    private static final long STOPPING_SECONDS = 90;

    private final Plan plan;
    private final Path folder;
    private final LocalBroker broker;
    private final Consumer<String> say;
    private final Random random;
    private final SoakSamples samples = new SoakSamples();
    private final List<WorkerProcess> all = new ArrayList<>();
    private final WorkerProcess[] alive;
    private int kills;
    private boolean keep;

    /** What is to be done; {@code rate} in records a second. */
    record Plan(
            Duration time,
            double rate,
            int workers,
            Duration killEvery,
            Duration runtimeEvery,
            Duration sampleEvery,
            long seed) {}

    private Soak(Plan plan, Path folder, LocalBroker broker, Consumer<String> say) {
        this.plan = plan;
        this.folder = folder;
        this.broker = broker;
        this.say = say;
        this.random = new Random(plan.seed());
        this.alive = new WorkerProcess[plan.workers()];
    }

    static Soak open(Plan plan, Consumer<String> say) throws Exception {
        Path folder = Files.createTempDirectory("boxcar-soak-");
        return new Soak(plan, folder, LocalBroker.start(folder.resolve("kafka"), 0), say);
    }

    Path folder() {
        return folder;
    }

    void keep() {
        keep = true;
    }

    SoakReport run() throws Exception {
        Thread orphans = new Thread(this::killAll);
        Runtime.getRuntime().addShutdownHook(orphans);
        Config config = Config.read(Optional.empty(), environment(0));
        new Topics(Setup.intake(config)).create(1, _ -> {});
        try (BoxcarClient client = new BoxcarClient(Setup.intake(config), Setup.wire(config, ""))) {
            for (int place = 0; place < alive.length; place++) {
                replace(place);
            }
            GameDay.install(client, folder, "perl", "c");
            awaitUp();
            say.accept(alive[0].name() + " is left in peace; box numbers " + range(config));
            SoakLoad load = new SoakLoad(client, plan.rate());
            try (SoakWatch watch =
                    new SoakWatch(alive[0], metrics(), state(0), Setup.sandbox(config))) {
                go(load, watch);
            }
            awaitAnswers(client, load);
            return report(client, config, load, stopAll());
        } finally {
            Runtime.getRuntime().removeShutdownHook(orphans);
        }
    }

    private static String range(Config config) {
        return config.boxes().first() + " to " + config.boxes().last();
    }

    private URI metrics() throws IOException, Fault {
        return alive[0].metrics()
                .orElseThrow(() ->
                        new Fault(
                                "soak",
                                Fault.Next.GIVE_UP,
                                "the worker serves no metrics; its log: " + alive[0].log()));
    }

    private Path state(int place) {
        return folder.resolve("worker-" + place);
    }

    private Map<String, String> environment(int place) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.remove("BOXCAR_CONFIG");
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.address());
        environment.put("BOXCAR_STATE", state(place).toString());
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_LOG_LEVEL", "DEBUG");
        // As the launcher starts a worker: arenas of the C library would hide what grows.
        environment.putIfAbsent("MALLOC_ARENA_MAX", "2");
        return environment;
    }

    private void replace(int place) throws IOException {
        String name = "worker-" + place + "." + all.size();
        Map<String, String> environment = environment(place);
        environment.put("BOXCAR_REPLICA", name);
        alive[place] = WorkerProcess.start(name, folder.resolve(name + ".log"), environment);
        all.add(alive[place]);
    }

    private void awaitUp() throws IOException, InterruptedException, Fault {
        long end = System.nanoTime() + STARTING.toNanos();
        for (WorkerProcess worker : alive) {
            while (!GameDay.isUp(worker) || worker.metrics().isEmpty()) {
                if (!worker.isAlive() || System.nanoTime() - end >= 0) {
                    keep();
                    throw new Fault(
                            "soak",
                            Fault.Next.GIVE_UP,
                            worker.name() + " did not start; its log: " + worker.log());
                }
                Thread.sleep(LOOK_EVERY);
            }
        }
    }

    /** Something to be done every so often. */
    private static final class Every {
        private final Duration period;
        private long next;

        Every(Duration period, long start) {
            this.period = period;
            this.next = start + period.toNanos();
        }

        boolean isDue() {
            if (period.isZero() || System.nanoTime() - next < 0) {
                return false;
            }
            next = System.nanoTime() + period.toNanos();
            return true;
        }
    }

    private void go(SoakLoad load, SoakWatch watch) throws Exception {
        long start = System.nanoTime();
        Every kill = new Every(plan.killEvery(), start);
        Every runtime = new Every(plan.runtimeEvery(), start);
        Every sample = new Every(plan.sampleEvery(), start);
        Every tell = new Every(Duration.ofMinutes(1), start);
        for (Duration passed = Duration.ZERO;
                passed.compareTo(plan.time()) < 0;
                passed = Duration.ofNanos(System.nanoTime() - start)) {
            load.send(passed);
            if (runtime.isDue()) {
                load.changeRuntimes();
            }
            if (kill.isDue()) {
                killOne();
            }
            startAgain();
            if (sample.isDue()) {
                samples.add(watch.look());
            }
            if (tell.isDue()) {
                say.accept(
                        "%d min: %d jobs sent, %d kills, %d samples"
                                .formatted(
                                        passed.toMinutes(),
                                        load.jobs().size(),
                                        kills,
                                        samples.size()));
            }
            Thread.sleep(LOOK_EVERY);
        }
    }

    /** One of those that are not left in peace, if it takes jobs. */
    private void killOne() throws IOException, InterruptedException {
        if (alive.length < 2) {
            return;
        }
        int place = 1 + random.nextInt(alive.length - 1);
        if (GameDay.isUp(alive[place])) {
            alive[place].kill();
            kills++;
            replace(place);
        }
    }

    private void startAgain() throws IOException, Fault {
        if (!alive[0].isAlive()) {
            keep();
            throw new Fault(
                    "soak",
                    Fault.Next.GIVE_UP,
                    alive[0].name() + " was left in peace and ended; its log: " + alive[0].log());
        }
        for (int place = 1; place < alive.length; place++) {
            if (!alive[place].isAlive()) {
                replace(place);
            }
        }
    }

    private void awaitAnswers(BoxcarClient client, SoakLoad load) throws InterruptedException {
        long end = System.nanoTime() + ANSWERING.toNanos();
        while (GameDay.answered(client, load.jobs()) < load.jobs().size()
                && System.nanoTime() - end < 0) {
            Thread.sleep(LOOK_EVERY);
        }
    }

    private int stopAll() throws Exception {
        awaitUp();
        for (WorkerProcess worker : alive) {
            worker.terminate();
        }
        int badly = 0;
        for (WorkerProcess worker : alive) {
            Integer exit = worker.awaitExit(STOPPING_SECONDS);
            badly += exit != null && exit == Exit.WELL ? 0 : 1;
        }
        return badly;
    }

    private SoakReport report(BoxcarClient client, Config config, SoakLoad load, int badly)
            throws Exception {
        List<String> folders = new ArrayList<>();
        for (int place = 0; place < alive.length; place++) {
            folders.addAll(GameDay.foldersLeft(state(place)));
        }
        return new SoakReport(samples)
                .count("kills", kills)
                .count("stopped_badly", badly)
                .jobs(load, client)
                .boxes(WorkerLogs.read(all), Remains.find(Setup.sandbox(config)))
                .each("folders_left", "folder left: ", folders);
    }

    private void killAll() {
        for (WorkerProcess worker : all) {
            try {
                worker.kill();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        killAll();
        broker.close();
        if (!keep) {
            Trees.delete(folder);
        }
    }
}
