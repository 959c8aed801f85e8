package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Cancellation;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.job.Ledger;
import boxcar.job.Progress;
import boxcar.job.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class JobDeskTest {
    private static final int LAST = 3;
    private static final Settling ACCEPTED = new Settling.Accept();

    private final List<ProducerRecord<byte[], byte[]>> out = new CopyOnWriteArrayList<>();
    private final List<String> ran = new CopyOnWriteArrayList<>();
    private final Ledger ledger = new MemoryLedger();
    private final Heard heard = new Heard();
    private final Cancellations cancellations = new Cancellations(InstantSource.system());
    private JobRunner runner = this::succeed;
    private Outbox outbox = this::write;
    private PastAnswers past = PastAnswers.NONE;
    private boolean held = true;
    private boolean doubtful;
    private boolean ledAsThen = true;
    private boolean worked;

    @Test
    void aJobIsRunAndItsResultIsPublishedBeforeItIsAccepted() throws Exception {
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of("t.results a: SUCCEEDED a #1 python"), written());
        assertEquals("python", ledger.find("a").orElseThrow().digest());
        assertEquals(List.of("taken #1", "finished SUCCEEDED"), heard.events());
    }

    @Test
    void anIllegibleRecordGoesToTheDeadLettersAsReceived() throws Exception {
        assertEquals(ACCEPTED, handle(2, "nonsense here"));
        assertEquals(List.of("t.dead-letters key: nonsense here"), written());
        assertEquals(
                Map.of(
                        "trace", "7",
                        "boxcar.reason", "not-a-job",
                        "boxcar.message", "begins with 'nonsense'",
                        "boxcar.topic", "t.execute",
                        "boxcar.partition", "0",
                        "boxcar.offset", "5",
                        "boxcar.delivery", "2",
                        "boxcar.replica", "here"),
                headers(out.getFirst()));
    }

    @Test
    void aMistakeInTheDecoderIsADeadLetterAndNoLoop() throws Exception {
        assertEquals(ACCEPTED, handle(1, "explode"));
        assertEquals(List.of("dead letter undecodable"), heard.events());
    }

    @Test
    void aJobOfANewerVersionIsGivenBackSoThatANewerReplicaGetsIt() throws Exception {
        var settling = assertInstanceOf(Settling.Release.class, handle(1, "newer a x"));
        assertTrue(settling.rest().isPositive(), "another replica is to get it");
        assertInstanceOf(Settling.Release.class, handle(LAST - 1, "newer a x"));
        assertEquals(List.of(), written());
        assertEquals(List.of(), ran);
        assertEquals(2, heard.count("released"));
        assertEquals(2, heard.count("fault unknown-schema"));
    }

    @Test
    void aJobOfANewerVersionThatNoReplicaCanReadEndsInAFaultAndADeadLetter() throws Exception {
        assertEquals(ACCEPTED, handle(LAST, "newer a x"));
        String message = "delivered 3 times, and no worker could read it: a newer Boxcar wrote it";
        assertEquals(
                List.of(
                        "t.results a: FAULT a #3 unknown-schema: " + message,
                        "t.dead-letters key: newer a x"),
                written());
        assertEquals("unknown-schema", headers(out.getLast()).get("boxcar.reason"));
        assertEquals(message, headers(out.getLast()).get("boxcar.message"));
    }

    @Test
    void aJobOfANewerVersionWithoutAJobIdIsADeadLetterAtLast() throws Exception {
        assertInstanceOf(Settling.Release.class, handle(1, "newer nobody x"));
        assertEquals(ACCEPTED, handle(LAST, "newer nobody x"));
        assertEquals(List.of("t.dead-letters key: newer nobody x"), written());
    }

    @Test
    void anAnswerOfANewerReplicaIsNotContradictedByOneThatCouldNotReadTheJob() throws Exception {
        past =
                (id, _, _) ->
                        Optional.of(
                                new PastAnswers.Past(
                                        ("SUCCEEDED " + id + " #1 python").getBytes(UTF_8),
                                        "python"));
        assertEquals(ACCEPTED, handle(LAST, "newer a x"));
        assertEquals(List.of(), written());
        assertEquals("SUCCEEDED", ledger.find("a").orElseThrow().outcome());
    }

    @Test
    void aJobThatCannotBeCarriedOutIsRejectedAndNothingRuns() throws Exception {
        assertEquals(ACCEPTED, handle(1, "refuse a x"));
        assertEquals(
                List.of(
                        "t.results a: REJECTED a #1 run_limits.memory must be at least 1, but is"
                                + " '0'"),
                written());
        assertEquals(List.of(), ran);
        assertEquals("REJECTED", ledger.find("a").orElseThrow().outcome());
    }

    @Test
    void aRepeatedJobIsAnsweredWithTheVeryBytesOfBefore() throws Exception {
        handle(1, "run a python");
        assertEquals(ACCEPTED, handle(2, "run a python"));
        assertEquals(List.of("a"), ran);
        assertArrayEquals(out.get(0).value(), out.get(1).value());
        assertEquals(1, heard.count("answered from ledger"));
    }

    @Test
    void aJobIdSeenBeforeWithOtherContentIsRejectedAndTheFirstAnswerStands() throws Exception {
        handle(1, "run a python");
        assertEquals(ACCEPTED, handle(1, "run a bash"));
        assertEquals(
                "t.results a: REJECTED a #1 job_id 'a' was seen before with other content",
                written().getLast());
        handle(1, "run a python");
        assertEquals("t.results a: SUCCEEDED a #1 python", written().getLast());
        assertEquals(List.of("a"), ran);
    }

    @Test
    void aJobThatIsCancelledBeforeItComesDoesNotRun() throws Exception {
        cancellations.cancel("a");
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of("t.results a: CANCELLED a #1"), written());
        assertEquals(List.of(), ran);
    }

    @Test
    void theLastDeliveryIsNotRunButEndsTheJob() throws Exception {
        assertEquals(ACCEPTED, handle(LAST, "run a python"));
        assertEquals(
                List.of(
                        "t.results a: FAULT a #3 deliveries: delivered 3 times, never finished",
                        "t.dead-letters key: run a python"),
                written());
        assertEquals(List.of(), ran);
    }

    @Test
    void theLastDeliveryOfAnAnsweredJobIsAnsweredAgain() throws Exception {
        handle(1, "run a python");
        handle(LAST, "run a python");
        assertEquals("t.results a: SUCCEEDED a #1 python", written().getLast());
    }

    @Test
    void theLastDeliveryOfACancelledJobIsCancelled() throws Exception {
        cancellations.cancel("a");
        handle(LAST, "run a python");
        assertEquals(List.of("t.results a: CANCELLED a #3"), written());
    }

    @Test
    void aSecondDeliveryFindsTheAnswerThatADeadReplicaPublished() throws Exception {
        past =
                (id, _, _) ->
                        Optional.of(
                                new PastAnswers.Past(
                                        ("SUCCEEDED " + id + " #1 python").getBytes(UTF_8), null));
        assertEquals(ACCEPTED, handle(2, "run a python"));
        assertEquals(List.of(), ran);
        assertEquals(List.of(), written());
        assertEquals("SUCCEEDED", ledger.find("a").orElseThrow().outcome());
    }

    @Test
    void aResultOfOtherContentIsNotTakenForThisJobs() throws Exception {
        past =
                (id, _, _) ->
                        Optional.of(
                                new PastAnswers.Past(
                                        ("SUCCEEDED " + id + " #1 ruby").getBytes(UTF_8), "ruby"));
        assertEquals(ACCEPTED, handle(2, "run a python"));
        assertEquals(List.of(), ran);
        assertEquals("ruby", ledger.find("a").orElseThrow().digest());
        assertTrue(written().getFirst().contains("REJECTED"), written()::toString);
    }

    @Test
    void aCountThatABrokerForgotIsNotBelieved() throws Exception {
        doubtful = true;
        past =
                (id, _, _) ->
                        Optional.of(
                                new PastAnswers.Past(
                                        ("SUCCEEDED " + id + " #1 python").getBytes(UTF_8), null));
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of(), ran);
        assertEquals(List.of(), written());
    }

    @Test
    void anAnswerThatCameWhileTheJobRanAgainStands() throws Exception {
        past =
                (id, _, _) ->
                        ran.isEmpty()
                                ? Optional.empty()
                                : Optional.of(
                                        new PastAnswers.Past(
                                                ("FAILED " + id + " #1 python").getBytes(UTF_8),
                                                null));
        runner =
                (job, progress, cancellation) -> {
                    doubtful = true;
                    return succeed(job, progress, cancellation);
                };
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of("a"), ran);
        assertEquals(List.of(), written());
        assertEquals("FAILED", ledger.find("a").orElseThrow().outcome());
    }

    /** As of a worker that was killed when it had sent it. */
    @Test
    void anAnswerThatComesLateFromADeadConnectionStands() throws Exception {
        past = toldAfter(Duration.ofMillis(500));
        assertEquals(ACCEPTED, handle(2, "run a python"));
        assertEquals(List.of("a"), ran);
        assertEquals(List.of(), written());
        assertEquals("FAILED", ledger.find("a").orElseThrow().outcome());
    }

    @Test
    void theLastDeliveryDoesNotContradictAnAnswerThatComesLate() throws Exception {
        past = toldAfter(Duration.ofMillis(500));
        assertEquals(ACCEPTED, handle(LAST, "run a python"));
        assertEquals(List.of(), written());
        assertEquals(0, heard.count("fault deliveries"));
    }

    @Test
    void theResultsAreNotSearchedForAFirstDelivery() throws Exception {
        past =
                (_, _, _) -> {
                    throw new Fault("results", Fault.Next.RETRY_HERE, "must not be asked");
                };
        handle(1, "run a python");
        assertEquals(List.of("a"), ran);
    }

    @Test
    void aFaultOfThisHostGivesTheJobBackAndRests() throws Exception {
        runner = failing(Fault.Next.TRY_ELSEWHERE);
        var settling = assertInstanceOf(Settling.Release.class, handle(1, "run a python"));
        assertTrue(settling.rest().toMillis() >= 1, settling::toString);
        assertEquals(List.of(), written());
        assertEquals(List.of("taken #1", "fault box", "released"), heard.events());
    }

    @Test
    void aPassingFaultGivesTheJobBackWithoutARest() throws Exception {
        runner = failing(Fault.Next.RETRY_HERE);
        assertEquals(new Settling.Release(Duration.ZERO), handle(1, "run a python"));
    }

    @Test
    void aFaultThatNobodyCanMendEndsTheJob() throws Exception {
        runner = failing(Fault.Next.GIVE_UP);
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of("t.results a: FAULT a #1 box: no room"), written());
    }

    @Test
    void aMistakeOfOursIsAFaultAndNeverAVerdict() throws Exception {
        runner =
                (_, _, _) -> {
                    throw new IllegalStateException("oops");
                };
        assertInstanceOf(Settling.Release.class, handle(1, "run a python"));
        assertEquals(1, heard.count("fault internal"));
    }

    @Test
    void nothingIsPublishedOnceTheLockIsLost() {
        runner =
                (job, progress, cancellation) -> {
                    held = false;
                    return succeed(job, progress, cancellation);
                };
        var stopped = assertThrows(InterruptedException.class, () -> handle(1, "run a python"));
        assertEquals(
                "the lock on t.execute-0@5 is lost: it was not renewed in time",
                stopped.getMessage());
        assertEquals(List.of(), written());
        assertEquals(List.of("taken #1", "lock lost"), heard.events());
    }

    /** Another one knows of no lock, and may have given the job to somebody else. */
    @Test
    void nothingIsPublishedOnceThePartitionHasAnotherLeader() throws Exception {
        JobDesk desk = desk();
        ledAsThen = false;
        var stopped = assertThrows(LockLost.class, () -> desk.handle(delivery(1, "run a python")));
        assertEquals(
                "the lock on t.execute-0@5 is lost: its partition's leader is not that of then",
                stopped.getMessage());
        assertEquals(List.of("a"), ran);
        assertEquals(List.of(), written());
        assertEquals(List.of("taken #1", "lock lost"), heard.events());

        ledAsThen = true;
        past = toldAfter(Duration.ZERO);
        assertEquals(ACCEPTED, desk.handle(delivery(1, "run a python")));
        assertEquals(List.of("a"), ran);
        assertEquals(List.of(), written());
    }

    @Test
    void aResultThatIsTooLargeIsToldByASmallerOne() throws Exception {
        runner = (_, _, _) -> named("x".repeat(5000));
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(
                List.of(
                        "t.results a: FAULT a #1 publish: the result has 5015 bytes, a record may"
                                + " have 4096: ask for less output"),
                written());
        assertEquals("FAULT", ledger.find("a").orElseThrow().outcome());
    }

    @Test
    void aResultThatTheBrokerRefusesIsADeadLetterAtLast() throws Exception {
        outbox =
                record -> {
                    if (record.topic().equals("t.results")) {
                        throw new Outbox.RefusedRecordException(
                                "too large", new IllegalStateException());
                    }
                    return write(record);
                };
        assertEquals(ACCEPTED, handle(1, "run a python"));
        assertEquals(List.of("t.dead-letters key: run a python"), written());
    }

    @Test
    void aResultThatIsNotWrittenIsNotAccepted() throws Exception {
        outbox =
                _ -> {
                    throw new Fault("publish", Fault.Next.TRY_ELSEWHERE, "no broker");
                };
        assertInstanceOf(Settling.Release.class, handle(1, "run a python"));
        assertEquals(Optional.empty(), ledger.find("a"));
    }

    @Test
    void aLastDeliveryWhoseResultIsNotWrittenIsADeadLetter() throws Exception {
        outbox =
                record -> {
                    if (record.topic().equals("t.results")) {
                        throw new Fault("publish", Fault.Next.TRY_ELSEWHERE, "forbidden");
                    }
                    return write(record);
                };
        assertEquals(ACCEPTED, handle(LAST, "run a python"));
        assertEquals(List.of("t.dead-letters key: run a python"), written());
        assertEquals(
                "the last delivery failed: forbidden",
                headers(out.getFirst()).get("boxcar.message"));
    }

    @Test
    void aJobWhoseLockWasLostHereIsLookedForThoughItsCountDidNotRise() throws Exception {
        JobDesk desk = desk();
        held = false;
        assertThrows(InterruptedException.class, () -> desk.handle(delivery(1, "run a python")));
        held = true;
        past =
                (id, _, _) ->
                        Optional.of(
                                new PastAnswers.Past(
                                        ("SUCCEEDED " + id + " #1 python").getBytes(UTF_8), null));
        assertEquals(ACCEPTED, desk.handle(delivery(1, "run a python")));
        assertEquals(List.of("a"), ran);
        assertEquals(List.of(), written());
    }

    @Test
    void twoDeliveriesOfOneJobRunItOnce() throws Exception {
        var begun = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        runner =
                (job, progress, cancellation) -> {
                    begun.countDown();
                    assertTrue(go.await(120, TimeUnit.SECONDS));
                    return succeed(job, progress, cancellation);
                };
        JobDesk desk = desk();
        List<Delivery> deliveries =
                List.of(delivery(1, "run a python"), delivery(1, "run a python"));
        List<Thread> both = new ArrayList<>();
        for (Delivery delivery : deliveries) {
            both.add(Thread.ofVirtual().start(() -> quietly(desk, delivery)));
        }
        assertTrue(begun.await(120, TimeUnit.SECONDS));
        go.countDown();
        for (Thread thread : both) {
            thread.join();
        }
        assertEquals(List.of("a"), ran);
        assertEquals(2, out.size());
        assertEquals(1, heard.count("answered from ledger"));
    }

    private static void quietly(JobDesk desk, Delivery delivery) {
        try {
            desk.handle(delivery);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static PastAnswers toldAfter(Duration time) {
        long begun = System.nanoTime();
        return (id, _, _) ->
                System.nanoTime() - begun < time.toNanos()
                        ? Optional.empty()
                        : Optional.of(
                                new PastAnswers.Past(
                                        ("FAILED " + id + " #1 python").getBytes(UTF_8), null));
    }

    private Settling handle(int count, String value) throws InterruptedException {
        return desk().handle(delivery(count, value));
    }

    private JobDesk desk() {
        var settings =
                new IntakeSettings(
                        "t",
                        Map.of("bootstrap.servers", "none:1"),
                        1,
                        1,
                        LAST,
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        "here",
                        false,
                        4096,
                        Duration.ofMillis(2));
        return new JobDesk(
                new JobDesk.Doors(
                        settings,
                        new TextWire(),
                        ledger,
                        (job, progress, cancellation) -> runner.run(job, progress, cancellation),
                        heard,
                        _ -> Progress.NONE,
                        (id, since, until) -> past.find(id, since, until),
                        cancellations),
                record -> outbox.publish(record),
                InstantSource.system());
    }

    private Delivery delivery(int count, String value) {
        var headers = new RecordHeaders();
        headers.add("trace", "7".getBytes(UTF_8));
        var record =
                new ConsumerRecord<>(
                        "t.execute",
                        0,
                        5,
                        0,
                        TimestampType.LOG_APPEND_TIME,
                        3,
                        value.length(),
                        "key".getBytes(UTF_8),
                        value.getBytes(UTF_8),
                        headers,
                        Optional.empty(),
                        Optional.of((short) count));
        worked = false;
        return new Delivery(
                JobTopic.EXECUTE,
                record,
                count,
                new Delivery.Taken(Instant.now(), System.nanoTime()),
                before(),
                () -> worked = true,
                Delivery.Wait::await,
                () -> held);
    }

    private Delivery.Past before() {
        return new Delivery.Past() {
            @Override
            public Optional<Delivery.Doubt> doubt() {
                return doubtful ? Optional.of(Delivery.Doubt.now()) : Optional.empty();
            }

            @Override
            public boolean isLedAsThen() {
                return ledAsThen;
            }
        };
    }

    /** A record may wait here for others to be sent with, in which time other jobs may begin. */
    private long write(ProducerRecord<byte[], byte[]> record) {
        assertTrue(worked, "the job still has its turn");
        out.add(record);
        return 0;
    }

    private JobResult succeed(Job job, Progress progress, Cancellation cancellation) {
        ran.add(job.id());
        return named("python");
    }

    private static JobResult named(String name) {
        return new JobResult(
                        JobResult.Outcome.SUCCEEDED,
                        Verdict.OK,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of(),
                        List.of(),
                        Map.of())
                .withRuntime(1L, name);
    }

    private static JobRunner failing(Fault.Next next) {
        return (_, _, _) -> {
            throw new Fault("box", next, "no room");
        };
    }

    private List<String> written() {
        return out.stream()
                .map(r ->
                        r.topic() + " " + TextWire.text(r.key()) + ": " + TextWire.text(r.value()))
                .toList();
    }

    private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
        Map<String, String> all = new HashMap<>();
        record.headers().forEach(h -> all.put(h.key(), TextWire.text(h.value())));
        return all;
    }
}
