package boxcar.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;

/** Measures one dimension at a time, on a stand that has the runtime of {@link BenchProgram}. */
final class Scale {
    /** Sources of one point together, so that neither topic nor patience runs out. */
    private static final int MOST_BYTES = 64 << 20;

    private static final int MOST_FILES = 20_000;

    private final BenchStand stand;
    private final int boxes;
    private final int jobs;
    private final int warmUp;

    Scale(BenchStand stand, int boxes, int jobs, int warmUp) {
        this.stand = stand;
        this.boxes = boxes;
        this.jobs = jobs;
        this.warmUp = warmUp;
    }

    private static ObjectNode point(String dimension, int value, Backlog.Done done)
            throws IOException {
        return BenchEngines.point(BenchKind.SCALE, done.sample().getFirst().path("engine").asText())
                .put("dimension", dimension)
                .put("value", value)
                .put("jobs", done.jobs())
                .put("jobs_per_second", Spread.rounded(done.perSecond()))
                .put("first_result_ms", done.firstMillis());
    }

    /** So many workers, each with one box, share a backlog. */
    ObjectNode replicas(int count) throws Exception {
        BenchStand.say("Replicas: " + count);
        List<BenchWorker> workers = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                workers.add(stand.replica("replica-" + i, 1, Map.of()));
            }
            for (BenchWorker worker : workers) {
                worker.awaitReady();
            }
            BenchWorker[] all = workers.toArray(BenchWorker[]::new);
            if (warmUp > 0) {
                new Backlog(stand, BenchProgram.ECHO, warmUp).carryOut(all);
            }
            Backlog.Done done = new Backlog(stand, BenchProgram.ECHO, jobs).carryOut(all);
            long memory = 0;
            for (BenchWorker worker : workers) {
                memory += worker.residentKib();
            }
            ObjectNode point = point("replicas", count, done).put("rss_kb", memory);
            share(point, done);
            return point;
        } finally {
            for (BenchWorker worker : workers) {
                worker.close();
            }
        }
    }

    /** How many of the sampled results came from each replica. */
    private static void share(ObjectNode point, Backlog.Done done) {
        Map<String, Integer> shares = new TreeMap<>();
        for (ObjectNode result : done.sample()) {
            shares.merge(result.path("replica").asText(), 1, Integer::sum);
        }
        ObjectNode told = point.putObject("share_of_each");
        shares.forEach((replica, count) ->
                told.put(replica, Spread.rounded(1.0 * count / done.sample().size())));
    }

    /** A long backlog, beside a small one of the same worker just before. */
    ObjectNode backlog(int count) throws Exception {
        BenchStand.say("Backlog: %,d jobs".formatted(count));
        try (BenchWorker worker = stand.warm(boxes, BenchProgram.ECHO, warmUp)) {
            Backlog.Done small;
            long smallMemory;
            try (MemoryWatch memory = MemoryWatch.start(worker)) {
                small = new Backlog(stand, BenchProgram.ECHO, jobs).carryOut(worker);
                smallMemory = memory.most();
            }
            try (MemoryWatch memory = MemoryWatch.start(worker)) {
                Backlog.Done done = new Backlog(stand, BenchProgram.ECHO, count).carryOut(worker);
                ObjectNode point =
                        point("backlog", count, done)
                                .put("beside", "backlog of " + jobs)
                                .put("beside_per_second", Spread.rounded(small.perSecond()))
                                .put("ratio", Spread.rounded(done.perSecond() / small.perSecond()))
                                .put("rss_kb", memory.most())
                                .put("beside_rss_kb", smallMemory)
                                .put(
                                        "memory_ratio",
                                        Spread.rounded(1.0 * memory.most() / smallMemory));
                tenths(point, done, memory);
                return point;
            }
        }
    }

    private static void tenths(ObjectNode point, Backlog.Done done, MemoryWatch memory) {
        ArrayNode rates = point.putArray("tenths_per_second");
        ArrayNode sizes = point.putArray("tenths_rss_kb");
        Instant before = done.went();
        for (Instant end : done.parts()) {
            long millis = Math.max(1, Duration.between(before, end).toMillis());
            rates.add(Spread.rounded(Math.max(1, done.jobs() / 10) * 1000.0 / millis));
            sizes.add(memory.at(end));
            before = end;
        }
    }

    /** Jobs that have more of something. */
    List<ObjectNode> shapes(String dimension, List<Integer> values, IntFunction<Recipe> shape)
            throws Exception {
        List<ObjectNode> points = new ArrayList<>();
        if (values.isEmpty()) {
            return points;
        }
        try (BenchWorker worker = stand.warm(boxes, BenchProgram.ECHO, warmUp)) {
            for (int value : values) {
                BenchStand.say(dimension + ": " + value);
                Recipe recipe = shape.apply(value);
                new Backlog(stand, recipe, boxes).carryOut(worker);
                Timeline before = Timeline.of(worker.scrape());
                int most = dimension.equals("files") ? MOST_FILES : MOST_BYTES;
                int count = Math.max(1, Math.min(jobs, most / value));
                Backlog.Done done = new Backlog(stand, recipe, count).carryOut(worker);
                ObjectNode point = point(dimension, value, done);
                point.put("rss_kb", worker.residentKib());
                point.set("steps_ms", Timeline.of(worker.scrape()).since(before).perJob());
                points.add(point);
            }
        }
        return points;
    }

    /** Runs in one box, as tests of few or many jobs, in turns with the bare loop in one shell. */
    List<ObjectNode> tests(EngineCalls calls, List<Integer> values) throws Exception {
        List<ObjectNode> points = new ArrayList<>();
        if (values.isEmpty()) {
            return points;
        }
        try (BareLoop bare = BareLoop.of(stand, calls, 1);
                BenchWorker worker = stand.warm(1, BenchProgram.ECHO, warmUp)) {
            for (int value : values) {
                int count = Math.max(1, jobs / value);
                TurnByTurn turns = new TurnByTurn(stand, worker, bare);
                Timeline before = Timeline.of(worker.scrape());
                String said = turns.take(Shapes.ofTests(value), count, count * value);
                BenchStand.say("tests: " + value + ": " + said);
                ObjectNode point =
                        BenchEngines.point(BenchKind.SCALE, calls.engine())
                                .put("dimension", "tests")
                                .put("value", value)
                                .put("jobs", count)
                                .put("runs_per_second", turns.perSecond())
                                .put("beside", "bare loop")
                                .put("beside_per_second", turns.barePerSecond())
                                .put("ratio", turns.ratio());
                point.set("steps_ms", Timeline.of(worker.scrape()).since(before).perJob());
                points.add(point);
            }
        }
        return points;
    }
}
