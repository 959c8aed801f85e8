package boxcar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.intake.Decoded;
import boxcar.intake.JobDecoder;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.reliability.Must;
import boxcar.reliability.Telling;
import boxcar.reliability.Tried;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Records of anybody, thousands of them, to a worker with little memory: each comes to its one end,
 * and jobs among them to theirs. {@code -Dboxcar.seed} repeats a run.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoisonTest extends Telling {
    private static final String RESULTS = "boxcar.results";
    private static final String LETTERS = "boxcar.dead-letters";
    private static final int JOB_EACH = 50;
    private static final int AGAIN_EACH = 97;

    /** A worker holds some dozens of records at once, and letters and answers wait to be sent. */
    private static final int MAY_OVERTAKE = 300;

    /** No worker has more; whatever it holds of records at once must fit. */
    private static final int HEAP_MIB = 96;

    private static final long MAY_GROW_KIB = 48 * 1024;
    private static final long LARGEST_ANSWER = 64 * 1024;

    @SuppressWarnings("NullAway.Init")
    private Field field;

    private final long seed = Long.getLong("boxcar.seed", System.nanoTime());

    @BeforeAll
    void aBroker() throws Exception {
        System.out.println("PoisonTest runs with -Dboxcar.seed=" + seed);
        field = Field.open();
    }

    @AfterAll
    void allEnds() throws Exception {
        field.close();
    }

    @Tried("600 poisoned records, as below, with a job after each fifty")
    @Must("each has one end; memory is bounded; no job waits for what was sent long after it")
    @Test
    void sixHundredRecordsOfAnyBytesComeEachToOneEnd() throws Exception {
        eachComesToOneEnd(0, 600);
    }

    @Tried("10,000 poisoned records, as below, with a job after each fifty")
    @Must("each has one end; memory is bounded; no job waits for what was sent long after it")
    @Test
    @Tag("long")
    void tenThousandRecordsOfAnyBytesComeEachToOneEnd() throws Exception {
        eachComesToOneEnd(600, 10_000);
    }

    /**
     * @param first the number of the first record; no number twice, for an id has one answer
     */
    private void eachComesToOneEnd(int first, int count) throws Exception {
        WorkerProcess worker =
                field.worker(
                        "poisoned",
                        Map.of(),
                        "-Xms" + HEAP_MIB + "m",
                        "-Xmx" + HEAP_MIB + "m",
                        "-XX:+AlwaysPreTouch",
                        "-XX:+ExitOnOutOfMemoryError");
        if (field.client.catalogue().isEmpty()) {
            JsonNode installed = field.run(JobTopic.INSTALL, House.install("sh", ""));
            assertEquals("SUCCEEDED", installed.path("outcome").asText(), installed::toString);
        }
        try (Tap tap = new Tap(field.bootstrap(), RESULTS, LETTERS)) {
            Flood flood = new Flood(tap, worker);
            Duration alone = flood.jobsAlone();
            long start = System.nanoTime();
            flood.pour(first, first + count / 10);
            long resident = residentKib(worker);
            flood.pour(first + count / 10, first + count);
            flood.assertEachHasOneEnd();
            long after = residentKib(worker);
            tell(
                    String.format(
                            Locale.ROOT,
                            "seed %d, %d rejected, %d dead letters, %d jobs, %.0f records a second;"
                                    + " a job %d ms alone, %d ms among them; resident %d MiB after"
                                    + " a tenth, %d MiB at the end; %d records at most overtook a job",
                            seed,
                            flood.reasons.getOrDefault("REJECTED", 0),
                            flood.letters.size(),
                            flood.jobs.size(),
                            count / ((System.nanoTime() - start) / 1e9),
                            alone.toMillis(),
                            flood.medianJob().toMillis(),
                            resident / 1024,
                            after / 1024,
                            flood.overtaken()));
            System.out.println("PoisonTest, the ends: " + flood.reasons);
            flood.assertJobsWereNotHeldUp();
            assertTrue(
                    after - resident < MAY_GROW_KIB,
                    "resident memory grew from " + resident + " to " + after + " KiB");
        }
        assertEquals(200, Field.ready(worker));
        assertEquals(0, Field.count(worker, "failed within Boxcar"), () -> Field.log(worker));
        worker.terminate();
        assertEquals(0, worker.awaitExit(180));
    }

    private static long residentKib(WorkerProcess worker) throws IOException {
        for (String line :
                Files.readAllLines(Path.of("/proc", Long.toString(worker.pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new AssertionError("no VmRSS");
    }

    /** What is sent, and what comes of it. */
    private final class Flood {
        private final Tap tap;
        private final WorkerProcess worker;
        private final JobDecoder decoder = new JobDecoder(Setup.rules(field.config));
        private final Map<String, Poison> sent = new HashMap<>();
        private final Map<String, Integer> order = new HashMap<>();
        private final Map<String, String> ids = new HashMap<>();
        private final Map<String, List<ConsumerRecord<byte[], byte[]>>> letters = new HashMap<>();
        private final Map<String, List<ConsumerRecord<byte[], byte[]>>> answers = new HashMap<>();
        private final Map<String, Integer> jobs = new HashMap<>();
        private final Map<String, Integer> reasons = new TreeMap<>();

        /** Ids of jobs that seem to be of a newer version, by their places: they end with FAULT. */
        private final Map<String, String> newer = new HashMap<>();

        Flood(Tap tap, WorkerProcess worker) {
            this.tap = tap;
            this.worker = worker;
        }

        /** How long a job takes with nobody else there, from its being taken to its end. */
        Duration jobsAlone() throws Exception {
            List<Duration> times = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                times.add(took(field.run(JobTopic.EXECUTE, House.sh("echo alone"))));
            }
            return median(times);
        }

        Duration medianJob() throws Exception {
            List<Duration> times = new ArrayList<>();
            for (String job : jobs.keySet()) {
                times.add(took(result(answer(job))));
            }
            return median(times);
        }

        private ConsumerRecord<byte[], byte[]> answer(String job) {
            return answers.getOrDefault(job, List.of()).getFirst();
        }

        private static Duration took(JsonNode result) {
            return Duration.between(
                    Instant.parse(result.path("started_at").asText()),
                    Instant.parse(result.path("finished_at").asText()));
        }

        private static Duration median(List<Duration> times) {
            return times.stream().sorted().toList().get(times.size() / 2);
        }

        /** Sends the records of a range, with a job after each fifty, and waits for their ends. */
        void pour(int from, int to) throws Exception {
            List<Sent> pending = new ArrayList<>();
            for (int n = from; n < to; n++) {
                pending.add(send(n));
                if (n % AGAIN_EACH == 0) {
                    pending.add(send(n));
                }
                if (n % JOB_EACH == JOB_EACH - 1) {
                    ObjectNode job = House.sh("echo among them");
                    field.send(JobTopic.EXECUTE, job);
                    jobs.put(job.path("job_id").asText(), n);
                }
            }
            for (Sent one : pending) {
                RecordMetadata place = one.place.get();
                String told = place.topic() + "@" + place.offset();
                sent.put(told, one.poison);
                order.put(told, one.number);
                if (decode(one.poison) instanceof Decoded.Newer(String id, _, _, _) && id != null) {
                    newer.put(told, id);
                }
            }
            await().atMost(Duration.ofMinutes(8))
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> {
                        tap.read(this::came);
                        return ends() >= sent.size() - newer.size() + jobs.size()
                                && answers.keySet().containsAll(newer.values());
                    });
        }

        private Decoded decode(Poison poison) {
            return decoder.decode(poison.topic(), poison.key(), poison.value());
        }

        private record Sent(int number, Poison poison, Future<RecordMetadata> place) {}

        private Sent send(int n) {
            Poison poison = Poison.of(seed, n);
            return new Sent(n, poison, tap.send(topic(poison), poison));
        }

        private static String topic(Poison poison) {
            return poison.topic() == JobTopic.INSTALL ? "boxcar.install" : "boxcar.execute";
        }

        /** How many letters and answers came, but for jobs of a newer version. */
        private long ends() {
            long ends = 0;
            for (var letter : letters.entrySet()) {
                ends += newer.containsKey(letter.getKey()) ? 0 : letter.getValue().size();
            }
            for (var answer : answers.entrySet()) {
                ends += newer.containsValue(answer.getKey()) ? 0 : answer.getValue().size();
            }
            return ends;
        }

        private void came(ConsumerRecord<byte[], byte[]> record) {
            if (record.topic().equals(LETTERS)) {
                String place =
                        Tap.header(record, "boxcar.topic")
                                + "@"
                                + Tap.header(record, "boxcar.offset");
                letters.computeIfAbsent(place, _ -> new ArrayList<>()).add(record);
                return;
            }
            String id = new String(record.key(), UTF_8);
            if (id.startsWith("job-") && !jobs.containsKey(id)) {
                return; // The installation, and the jobs alone.
            }
            answers.computeIfAbsent(id, _ -> new ArrayList<>()).add(record);
        }

        void assertEachHasOneEnd() throws Exception {
            Map<String, Integer> expected = new HashMap<>();
            for (var entry : sent.entrySet()) {
                Poison poison = entry.getValue();
                String about =
                        poison.what() + ", record " + order.get(entry.getKey()) + ", seed " + seed;
                List<ConsumerRecord<byte[], byte[]>> own =
                        letters.getOrDefault(entry.getKey(), List.of());
                Decoded decoded = decode(poison);
                if (newer.containsKey(entry.getKey())) {
                    // Its FAULT has come; one that is sent again has the answer of the first.
                    assertTrue(poison.end() != Poison.End.REJECTED, about);
                    assertTrue(own.size() <= 1, about);
                } else if (decoded instanceof Decoded.Unreadable
                        || decoded instanceof Decoded.Newer) {
                    assertEquals(1, own.size(), about);
                    assertTrue(poison.end() != Poison.End.REJECTED, about);
                    assertIsLetterOf(poison, own.getFirst(), about);
                } else {
                    assertEquals(0, own.size(), about);
                    assertTrue(poison.end() != Poison.End.DEAD_LETTER, about);
                    String id =
                            decoded instanceof Decoded.Bad bad
                                    ? bad.jobId()
                                    : ((Decoded.Good) decoded).job().id();
                    expected.merge(id, 1, Integer::sum);
                    ids.put(entry.getKey(), id);
                }
            }
            jobs.keySet().forEach(job -> expected.merge(job, 1, Integer::sum));
            Map<String, Integer> actual = new HashMap<>();
            answers.forEach((id, results) -> actual.put(id, results.size()));
            actual.keySet().removeAll(newer.values());
            assertEquals(expected, actual, "answers for each job id, seed " + seed);
            assertAnswersAreRight();
        }

        private void assertIsLetterOf(
                Poison poison, ConsumerRecord<byte[], byte[]> letter, String about) {
            assertArrayEquals(poison.value(), letter.value(), about);
            assertArrayEquals(poison.key(), letter.key(), about);
            String reason = Tap.header(letter, "boxcar.reason");
            assertTrue(reason.matches("[a-z][a-z0-9-]+"), about + ": " + reason);
            assertTrue(
                    !Set.of("undecodable", "decoder", "deliveries", "forged").contains(reason),
                    about + ": " + reason + ": " + Tap.header(letter, "boxcar.message"));
            assertTrue(!Tap.header(letter, "boxcar.message").isBlank(), about);
            int delivery = Integer.parseInt(Tap.header(letter, "boxcar.delivery"));
            if (reason.equals("unknown-schema")) {
                assertTrue(delivery > 1, about);
            } else {
                assertCameAgainForAReason(delivery, about);
            }
            poison.headers()
                    .forEach((name, _) ->
                            assertTrue(letter.headers().headers(name).iterator().hasNext(), about));
            reasons.merge(reason, 1, Integer::sum);
        }

        /**
         * On a busy host a record may come again: a slot gives back what still waits in it, or a
         * lock is lost. The worker logs both.
         */
        private void assertCameAgainForAReason(int delivery, String about) {
            assertTrue(
                    delivery == 1
                            || Field.count(worker, "waits and is given back") > 0
                            || Field.count(worker, "may come again") > 0
                            || Field.count(worker, "is lost") > 0,
                    about + ": delivery " + delivery + ", and the worker says nothing of it");
        }

        private void assertAnswersAreRight() throws Exception {
            for (var entry : answers.entrySet()) {
                boolean job = jobs.containsKey(entry.getKey());
                for (ConsumerRecord<byte[], byte[]> answer : entry.getValue()) {
                    JsonNode result = result(answer);
                    assertEquals(entry.getKey(), result.path("job_id").asText());
                    String outcome = result.path("outcome").asText();
                    if (newer.containsValue(entry.getKey())) {
                        assertEquals("FAULT", outcome, result::toString);
                        JsonNode step = result.path("fault").path("step");
                        assertEquals("unknown-schema", step.asText(), result::toString);
                    } else {
                        assertEquals(job ? "SUCCEEDED" : "REJECTED", outcome, result::toString);
                        JsonNode message = result.path("rejection").path("message");
                        assertTrue(job || !message.asText("").isBlank(), result::toString);
                        assertCameAgainForAReason(
                                result.path("delivery").asInt(), result.toString());
                    }
                    assertTrue(answer.serializedValueSize() < LARGEST_ANSWER, entry.getKey());
                    reasons.merge(outcome, 1, Integer::sum);
                }
            }
        }

        private static JsonNode result(ConsumerRecord<byte[], byte[]> answer) throws Exception {
            return ResultCodec.toJson(answer.value());
        }

        /**
         * By order, since times depend on the machine: who came long after a job does not have its
         * end before it.
         */
        void assertJobsWereNotHeldUp() {
            jobs.forEach((job, number) ->
                    assertTrue(
                            overtaken(job, number) <= MAY_OVERTAKE,
                            job
                                    + " waited for a record sent "
                                    + overtaken(job, number)
                                    + " records after it, seed "
                                    + seed));
        }

        /** How many records after a job the last was sent that had its end before it. */
        int overtaken() {
            return jobs.entrySet().stream()
                    .mapToInt(job -> overtaken(job.getKey(), job.getValue()))
                    .max()
                    .orElseThrow();
        }

        private int overtaken(String job, int number) {
            long answered = answer(job).timestamp();
            return order.entrySet().stream()
                    .filter(other -> other.getKey().startsWith("boxcar.execute"))
                    .filter(other -> ended(other.getKey()) < answered)
                    .mapToInt(other -> other.getValue() - number)
                    .max()
                    .orElse(0);
        }

        /**
         * When a record got its letter, or its answer at the latest: changed bytes may make the id
         * of one that of another, which was answered long ago.
         */
        private long ended(String place) {
            String unread = newer.get(place);
            String id = unread == null ? ids.get(place) : unread;
            List<ConsumerRecord<byte[], byte[]>> ends =
                    id == null ? letters.get(place) : answers.get(id);
            return Objects.requireNonNull(ends, place).stream()
                    .mapToLong(ConsumerRecord::timestamp)
                    .max()
                    .orElseThrow();
        }
    }
}
