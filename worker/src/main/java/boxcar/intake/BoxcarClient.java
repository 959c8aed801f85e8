package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The producer's side of Boxcar, for the command line: sends jobs, reads what comes back. For one
 * thread at a time; a blocking call ends by an interrupt with Kafka's {@code InterruptException}.
 *
 * <p>Every method throws {@link org.apache.kafka.common.KafkaException} if Kafka refuses or does
 * not answer.
 */
public final class BoxcarClient implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int AT_ONCE = 256;

    private final KafkaClients clients;
    private final TopicNames topics;
    private final Wire wire;
    private final String clientId;
    private final Publisher publisher;

    public BoxcarClient(IntakeSettings settings, Wire wire) {
        this.clients = new KafkaClients(settings);
        this.topics = settings.topics();
        this.wire = wire;
        this.clientId = settings.replica() + "-client";
        this.publisher = new Publisher(clients, clientId, _ -> {});
    }

    /** A record as it stands in a topic. */
    public record Raw(
            String topic, long offset, Instant at, @Nullable String key, byte @Nullable [] value) {}

    /** Sends a job; it is durable when this returns. */
    public void send(JobTopic topic, String jobId, byte[] job) throws Fault, InterruptedException {
        publish(topics.jobs(topic), jobId, job);
    }

    /** Sends many jobs at a time, in no order; all are durable when this returns. */
    public void sendAll(JobTopic topic, Map<String, byte[]> jobs)
            throws Fault, InterruptedException {
        List<Callable<Boolean>> sends = new ArrayList<>();
        jobs.forEach((jobId, job) ->
                sends.add(() -> {
                    send(topic, jobId, job);
                    return true;
                }));
        try (ExecutorService threads =
                Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
            for (Future<Boolean> sent : threads.invokeAll(sends)) {
                sent.get();
            }
        } catch (ExecutionException e) {
            throw new Fault("publish", Fault.Next.GIVE_UP, "a job could not be sent", e);
        }
    }

    /** Wants a job cancelled, whether it runs, waits, or is yet to come. */
    public void cancel(String jobId) throws Fault, InterruptedException {
        publish(topics.control(), jobId, wire.cancel(jobId));
    }

    /**
     * Watches for a job's result from this moment on: to be called before the job is sent, so that
     * a quick result is not missed.
     */
    public Awaited awaitResult(String jobId) {
        KafkaConsumer<byte[], byte[]> consumer = clients.reader(clientId + "-await");
        try {
            TopicReading.assign(consumer, topics.results()).fromEnd();
            return new Awaited(consumer, jobId);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    /** Reads all results that come from this moment on. */
    public ResultReader readResults() {
        return ResultReader.open(clients.reader(clientId + "-results"), topics.results());
    }

    /** The result that is awaited. */
    public static final class Awaited implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final String jobId;

        private Awaited(KafkaConsumer<byte[], byte[]> consumer, String jobId) {
            this.consumer = consumer;
            this.jobId = jobId;
        }

        /**
         * @return the result's value; empty if none came in time
         */
        public Optional<byte[]> within(Duration timeout) {
            byte[] key = jobId.getBytes(UTF_8);
            long deadline = System.nanoTime() + timeout.toNanos();
            while (System.nanoTime() - deadline < 0) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (Arrays.equals(record.key(), key) && record.value() != null) {
                        return Optional.of(record.value());
                    }
                }
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            consumer.close();
        }
    }

    /**
     * Which records are read.
     *
     * @param jobId null for all jobs
     * @param fromBeginning otherwise only what is written from now on
     * @param follow goes on at the topic's end, until the reader says it has enough
     */
    public record View(@Nullable String jobId, boolean fromBeginning, boolean follow) {}

    /**
     * Reads results in the order of the topic.
     *
     * @param reader false: it has seen enough
     */
    public void results(View view, Predicate<Raw> reader) {
        read(topics.results(), view, reader, () -> true);
    }

    /**
     * Reads lines of progress.
     *
     * @param goOn asked several times a second; false ends it though no line came
     */
    public void progress(View view, Predicate<Raw> reader, BooleanSupplier goOn) {
        read(topics.progress(), view, reader, goOn);
    }

    /** All records of the catalogue's log up to its end of now. */
    public List<Raw> catalogue() {
        List<Raw> all = new ArrayList<>();
        read(topics.runtimes(), new View(null, true, false), all::add, () -> true);
        // The first record of a log has no value: it keeps ids from beginning at 0.
        return all.stream().filter(raw -> raw.value() != null).toList();
    }

    /** All dead letters up to the end of now. */
    public List<Raw> deadLetters() {
        List<Raw> all = new ArrayList<>();
        read(topics.deadLetters(), new View(null, true, false), all::add, () -> true);
        return List.copyOf(all);
    }

    private void read(String topic, View view, Predicate<Raw> reader, BooleanSupplier goOn) {
        try (KafkaConsumer<byte[], byte[]> consumer = clients.reader(clientId + "-read")) {
            TopicReading reading = TopicReading.assign(consumer, topic);
            if (view.fromBeginning) {
                reading.fromBeginning();
            } else {
                reading.fromEnd();
            }
            var ends = reading.ends();
            while (goOn.getAsBoolean() && (view.follow || !reading.hasReached(ends))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    Raw raw = raw(record);
                    boolean wanted = view.jobId == null || view.jobId.equals(raw.key());
                    if (wanted && !reader.test(raw)) {
                        return;
                    }
                }
            }
        }
    }

    private static Raw raw(ConsumerRecord<byte[], byte[]> record) {
        byte[] key = record.key();
        return new Raw(
                record.topic(),
                record.offset(),
                Instant.ofEpochMilli(record.timestamp()),
                key == null ? null : new String(key, UTF_8),
                record.value());
    }

    private void publish(String topic, String key, byte[] value)
            throws Fault, InterruptedException {
        try {
            publisher.publish(new ProducerRecord<>(topic, key.getBytes(UTF_8), value));
        } catch (Outbox.RefusedRecordException e) {
            throw new Fault("publish", Fault.Next.GIVE_UP, topic + " refuses the record", e);
        }
    }

    @Override
    public void close() {
        publisher.close();
    }
}
