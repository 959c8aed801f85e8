package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.KafkaTrouble;
import boxcar.intake.ResultCodec;
import boxcar.intake.Topics;
import boxcar.intake.UnreadableValue;
import boxcar.job.Fault;
import boxcar.sandbox.Remains;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A broker, workers that are killed, jobs; and the count of what came of it. */
final class GameDay implements AutoCloseable {
    /** What the promise forbids. */
    static final Set<String> MUST_BE_0 =
            Set.of(
                    "missing",
                    "contradicting",
                    "boxes_left",
                    "processes_left",
                    "folders_left",
                    "boxes_held_twice",
                    "stopped_badly");

    private static final int BROKER_EACH = 10;
    private static final Duration INSTALLING = Duration.ofMinutes(15);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final long STOPPING_SECONDS = 300;

    private final Plan plan;
    private final Path folder;
    private final Consumer<String> say;
    private final Random random;
    private final List<WorkerProcess> all = new ArrayList<>();
    private final WorkerProcess[] alive;
    private LocalBroker broker;
    private int kills;
    private int brokerKills;
    private int gaveUp;
    private boolean keep;

    /**
     * What is to be done.
     *
     * @param killAfter one worker is killed for each so many new results; 0 for none
     * @param patience how long to wait for a new result
     */
    record Plan(
            int jobs,
            int workers,
            int killAfter,
            boolean killBroker,
            Duration patience,
            long seed) {}

    /** What came of it. */
    record Report(String engine, Map<String, Long> counts, List<String> details, Duration took) {
        boolean well() {
            return MUST_BE_0.stream().allMatch(what -> counts.getOrDefault(what, 0L) == 0);
        }
    }

    private GameDay(Plan plan, Path folder, LocalBroker broker, Consumer<String> say) {
        this.plan = plan;
        this.folder = folder;
        this.broker = broker;
        this.say = say;
        this.random = new Random(plan.seed());
        this.alive = new WorkerProcess[plan.workers()];
    }

    static GameDay open(Plan plan, Consumer<String> say) throws Exception {
        Path folder = Files.createTempDirectory("boxcar-chaos-");
        LocalBroker broker = LocalBroker.start(folder.resolve("kafka"), 0);
        say.accept("Kafka is up at " + broker.address());
        return new GameDay(plan, folder, broker, say);
    }

    Path folder() {
        return folder;
    }

    void keep() {
        keep = true;
    }

    Report run() throws Exception {
        Thread orphans = new Thread(this::killAll);
        Runtime.getRuntime().addShutdownHook(orphans);
        Config config = Config.read(Optional.empty(), environment(0));
        new Topics(Setup.intake(config)).create(1, _ -> {});
        try (BoxcarClient client = new BoxcarClient(Setup.intake(config), Setup.wire(config, ""))) {
            for (int i = 0; i < alive.length; i++) {
                replace(i);
            }
            install(client, "perl", "c");
            List<GameDayJobs.Planned> jobs = GameDayJobs.plan(plan.jobs());
            say.accept("Sending " + jobs.size() + " jobs");
            long start = System.nanoTime();
            for (GameDayJobs.Planned job : jobs) {
                client.send(JobTopic.EXECUTE, job.id(), job.json());
            }
            killUntilAnswered(client, jobs);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            say.accept("Stopping the workers");
            int badly = stopAll();
            return report(client, config, jobs, badly, took);
        } finally {
            Runtime.getRuntime().removeShutdownHook(orphans);
        }
    }

    private Map<String, String> environment(int worker) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.remove("BOXCAR_CONFIG");
        environment.put("BOXCAR_KAFKA_BOOTSTRAP_SERVERS", broker.address());
        environment.put("BOXCAR_STATE", folder.resolve("worker-" + worker).toString());
        environment.put("BOXCAR_METRICS_PORT", "0");
        environment.put("BOXCAR_LOG_LEVEL", "DEBUG");
        return environment;
    }

    /** Whoever comes next takes up the state folder, as a restarted service does. */
    private void replace(int place) throws IOException {
        String name = "worker-" + place + "." + all.size();
        Map<String, String> environment = environment(place);
        environment.put("BOXCAR_REPLICA", name);
        alive[place] = WorkerProcess.start(name, folder.resolve(name + ".log"), environment);
        all.add(alive[place]);
    }

    private void install(BoxcarClient client, String... names) throws Exception {
        try {
            install(client, folder, this::startAgain, names);
        } catch (Fault fault) {
            keep();
            throw fault;
        }
        say.accept("Installed " + String.join(", ", names));
    }

    /** Done again and again while something is waited for. */
    private interface Meanwhile {
        void act() throws IOException;
    }

    /** Installs runtimes of {@code examples/} and waits until they are. */
    static void install(BoxcarClient client, Path logs, String... names) throws Exception {
        install(client, logs, () -> {}, names);
    }

    private static void install(
            BoxcarClient client, Path logs, Meanwhile meanwhile, String... names) throws Exception {
        for (String name : names) {
            GameDayJobs.Planned job = GameDayJobs.installation(new Examples(), name);
            String id = job.id();
            try (BoxcarClient.Awaited awaited = client.awaitResult(id)) {
                client.send(JobTopic.INSTALL, id, job.json());
                long end = System.nanoTime() + INSTALLING.toNanos();
                Optional<byte[]> result = Optional.empty();
                while (result.isEmpty() && System.nanoTime() - end < 0) {
                    meanwhile.act();
                    result = awaited.within(LOOK_EVERY);
                }
                String outcome =
                        result.isEmpty()
                                ? "no result"
                                : ResultCodec.toJson(result.get()).path("outcome").asText();
                if (!outcome.equals("SUCCEEDED")) {
                    throw new Fault(
                            "install",
                            Fault.Next.GIVE_UP,
                            "the runtime "
                                    + name
                                    + " was not installed: "
                                    + outcome
                                    + "; the workers' logs are in "
                                    + logs);
                }
            }
        }
    }

    private void killUntilAnswered(BoxcarClient client, List<GameDayJobs.Planned> jobs)
            throws Exception {
        long end = System.nanoTime() + plan.patience().toNanos();
        int answered = 0;
        int atLastKill = 0;
        int told = 0;
        while (answered < jobs.size() && System.nanoTime() - end < 0) {
            Thread.sleep(LOOK_EVERY);
            startAgain();
            int now = answered(client, jobs);
            if (now <= answered) {
                continue; // Also while the broker is away.
            }
            answered = now;
            end = System.nanoTime() + plan.patience().toNanos();
            // By progress, not by the clock: a slow host would do nothing but start workers.
            if (plan.killAfter() > 0
                    && answered - atLastKill >= plan.killAfter()
                    && answered < jobs.size()
                    && killOne()) {
                atLastKill = answered;
            }
            if (answered - told >= Math.max(1, jobs.size() / 10)) {
                told = answered;
                say.accept(answered + " of " + jobs.size() + " answered, " + kills + " kills");
            }
        }
    }

    /**
     * A worker that starts while the broker is away, or too busy to answer, ends with a message;
     * services are restarted.
     */
    private void startAgain() throws IOException {
        for (int place = 0; place < alive.length; place++) {
            if (!alive[place].isAlive()) {
                gaveUp++;
                replace(place);
            }
        }
    }

    /** Kills one that takes jobs, if there is one. */
    private boolean killOne() throws Exception {
        // Whoever still starts has nothing to lose, and a slow host would never get on.
        List<Integer> up = new ArrayList<>();
        for (int i = 0; i < alive.length; i++) {
            if (isUp(alive[i])) {
                up.add(i);
            }
        }
        if (up.isEmpty()) {
            return false;
        }
        int place = up.get(random.nextInt(up.size()));
        alive[place].kill();
        kills++;
        replace(place);
        if (plan.killBroker() && kills % BROKER_EACH == 0) {
            String address = broker.address();
            broker.kill();
            brokerKills++;
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            broker = LocalBroker.start(folder.resolve("kafka"), port);
        }
        return true;
    }

    /** How many of the jobs have a result; 0 while the broker is away. */
    static int answered(BoxcarClient client, List<GameDayJobs.Planned> jobs) {
        Set<String> ids = new HashSet<>();
        jobs.forEach(job -> ids.add(job.id()));
        try {
            Set<String> seen = new HashSet<>();
            client.results(
                    new BoxcarClient.View(null, true, false),
                    raw -> {
                        if (raw.key() != null && ids.contains(raw.key())) {
                            seen.add(raw.key());
                        }
                        return true;
                    });
            return seen.size();
        } catch (RuntimeException e) {
            if (KafkaTrouble.is(e)) {
                return 0; // The broker is being killed.
            }
            throw e;
        }
    }

    private int stopAll() throws Exception {
        awaitAllUp();
        for (WorkerProcess worker : alive) {
            worker.terminate();
        }
        int badly = 0;
        for (WorkerProcess worker : alive) {
            Integer exit = worker.awaitExit(STOPPING_SECONDS);
            if (exit == null || exit != Exit.WELL) {
                say.accept(worker.name() + " ended with " + exit);
                badly++;
            }
        }
        return badly;
    }

    /** Who has just been started must take up its state folder, to sweep it. */
    private void awaitAllUp() throws Exception {
        long end = System.nanoTime() + INSTALLING.toNanos();
        for (int place = 0; place < alive.length; place++) {
            while (System.nanoTime() - end < 0 && !isUp(alive[place])) {
                startAgain();
                Thread.sleep(LOOK_EVERY);
            }
        }
    }

    static boolean isUp(WorkerProcess worker) throws IOException {
        return worker.isAlive()
                && Files.readString(worker.log(), StandardCharsets.ISO_8859_1)
                        .contains("followed to its end");
    }

    private Report report(
            BoxcarClient client,
            Config config,
            List<GameDayJobs.Planned> jobs,
            int badly,
            Duration took)
            throws Exception {
        Map<String, List<JsonNode>> results = results(client);
        GameDayCount count = GameDayCount.of(jobs, results);
        WorkerLogs logs = WorkerLogs.read(all);
        Remains remains = Remains.find(Setup.sandbox(config));
        List<String> folders = new ArrayList<>();
        for (int i = 0; i < alive.length; i++) {
            folders.addAll(foldersLeft(folder.resolve("worker-" + i)));
        }
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("jobs", (long) jobs.size());
        counts.put("outcomes", (long) count.outcomes().size());
        counts.put("missing", (long) count.missing().size());
        counts.put("contradicting", (long) count.contradicting().size());
        counts.put("repeated", (long) count.repeated().size());
        counts.put("delivered_more_than_once", among(jobs, logs.deliveredMoreThanOnce()));
        counts.put("redelivered", among(jobs, logs.redelivered()));
        counts.put(
                "executed_more_than_once",
                (long) count.executedMoreThanOnce(logs.ranMoreThanOnce()).size());
        counts.put("unexpected", (long) count.unexpected().size());
        counts.put("faults", (long) count.faults().size());
        counts.put("kills", (long) kills);
        counts.put("broker_kills", (long) brokerKills);
        counts.put("gave_up", (long) gaveUp);
        counts.put("boxes_lent", (long) logs.lends());
        counts.put("boxes_held_twice", (long) logs.heldTwice().size());
        counts.put("boxes_left", (long) remains.boxes().size());
        counts.put("processes_left", (long) remains.processes().size());
        counts.put("folders_left", (long) folders.size());
        counts.put("stopped_badly", (long) badly);
        List<String> details = new ArrayList<>();
        count.missing().forEach(id -> details.add("missing: " + id));
        details.addAll(count.contradicting());
        details.addAll(count.unexpected());
        logs.heldTwice().forEach(hold -> details.add("held twice: " + hold));
        remains.boxes().forEach(box -> details.add("box left: " + box));
        remains.processes().forEach(process -> details.add("process left: " + process));
        folders.forEach(left -> details.add("folder left: " + left));
        String engine =
                results.values().stream()
                        .flatMap(List::stream)
                        .map(result -> result.path("engine").asText(""))
                        .filter(name -> !name.isEmpty() && !name.equals("null"))
                        .findFirst()
                        .orElse("none");
        return new Report(engine, counts, details, took);
    }

    private static long among(List<GameDayJobs.Planned> jobs, Set<String> ids) {
        return jobs.stream().filter(job -> ids.contains(job.id())).count();
    }

    static Map<String, List<JsonNode>> results(BoxcarClient client) {
        Map<String, List<JsonNode>> results = new HashMap<>();
        client.results(
                new BoxcarClient.View(null, true, false),
                raw -> {
                    byte[] value = raw.value();
                    if (raw.key() != null && value != null) {
                        try {
                            results.computeIfAbsent(raw.key(), _ -> new ArrayList<>())
                                    .add(ResultCodec.toJson(value));
                        } catch (UnreadableValue e) {
                            throw new IllegalStateException("a result cannot be read", e);
                        }
                    }
                    return true;
                });
        return results;
    }

    /** What stages and installations have left in a worker's state folder. */
    static List<String> foldersLeft(Path state) throws IOException {
        List<String> left = new ArrayList<>();
        for (String place : List.of("work", "staging")) {
            Path below = state.resolve(place);
            if (Files.isDirectory(below)) {
                try (Stream<Path> entries = Files.list(below)) {
                    entries.map(Path::toString).forEach(left::add);
                }
            }
        }
        return left;
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
