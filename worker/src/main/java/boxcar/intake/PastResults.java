package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into the results topic for a job's result, from the job's own time to the end of now. What
 * was read is remembered by key and place, so that each further question costs only what was
 * written since the last one, and nothing if the last one came late enough: a restarted broker
 * makes us ask for every job of its backlog.
 *
 * <p>It takes as long as it takes: the caller keeps the job's lock meanwhile, and interrupts us
 * when that is lost.
 */
final class PastResults implements PastAnswers, AutoCloseable {
    /** Topics that Boxcar did not make may carry the time of a producer whose clock is off. */
    private static final Duration CLOCKS_DIFFER_BY = Duration.ofMinutes(5);

    private static final Duration POLL = Duration.ofMillis(200);

    /** A broker that is too busy to answer is not asked all the time. */
    private static final Duration AGAIN = Duration.ofMillis(500);

    /** About 150 bytes each. */
    private static final int REMEMBERED = 200_000;

    private static final Logger log = LoggerFactory.getLogger(PastResults.class);

    private final KafkaClients clients;
    private final String topic;
    private final String clientId;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Reading reading;

    PastResults(KafkaClients clients, String topic, String clientId) {
        this.clients = clients;
        this.topic = topic;
        this.clientId = clientId;
    }

    @Override
    public Optional<Past> find(String jobId, Instant since, long until)
            throws Fault, InterruptedException {
        while (true) {
            try {
                return look(jobId, since, until);
            } catch (KafkaException e) {
                if (!(e instanceof RetriableException)
                        || e instanceof UnknownTopicOrPartitionException) {
                    throw new Fault(
                            "results",
                            Fault.Next.RETRY_HERE,
                            "cannot look into " + topic + ": " + KafkaFailures.say(e));
                }
                // A job that has run must not be run again since nobody answered.
                log.info("Cannot look into {}, trying again: {}", topic, KafkaFailures.say(e));
            }
            Thread.sleep(AGAIN);
        }
    }

    private Optional<Past> look(String jobId, Instant since, long until)
            throws InterruptedException {
        long now = System.nanoTime();
        lock.lockInterruptibly();
        boolean well = false;
        try {
            Reading wide = from(since.minus(CLOCKS_DIFFER_BY));
            wide.readOnUnlessReadAfter(until - now < 0 ? until : now);
            Optional<Past> found = wide.find(jobId);
            well = true;
            return found;
        } catch (InterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while looking for a past result");
        } finally {
            if (!well) {
                drop();
            }
            lock.unlock();
        }
    }

    private Reading from(Instant time) {
        Reading now = reading;
        if (now == null || time.isBefore(now.from)) {
            drop();
            now = new Reading(clients.eagerReader(clientId), topic, time);
            reading = now;
        }
        return now;
    }

    private void drop() {
        Reading now = reading;
        reading = null;
        if (now != null) {
            now.consumer.close();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            drop();
        } finally {
            lock.unlock();
        }
    }

    private record Place(TopicPartition partition, long offset, Instant at) {}

    /** A consumer that has read the topic up to some place, and what it saw. */
    private static final class Reading {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final TopicReading topic;
        private final LinkedHashMap<String, Place> first = new LinkedHashMap<>();
        private Instant from;
        private boolean begun;
        private long readAt;

        Reading(KafkaConsumer<byte[], byte[]> consumer, String topic, Instant from) {
            this.consumer = consumer;
            this.from = from;
            boolean assigned = false;
            try {
                this.topic = TopicReading.assign(consumer, topic);
                assigned = true;
            } finally {
                if (!assigned) {
                    consumer.close();
                }
            }
        }

        /** Somebody else may have read on while we waited for our turn. */
        void readOnUnlessReadAfter(long time) throws InterruptedException {
            if (begun && readAt - time >= 0) {
                return;
            }
            if (!begun) {
                topic.from(from);
            }
            long now = System.nanoTime();
            var ends = topic.ends();
            while (!topic.hasReached(ends)) {
                for (ConsumerRecord<byte[], byte[]> record : poll()) {
                    remember(record);
                }
            }
            begun = true;
            readAt = now;
        }

        Optional<Past> find(String jobId) throws InterruptedException {
            Place place = first.get(jobId);
            return place == null ? Optional.empty() : Optional.of(read(place, jobId));
        }

        private Iterable<ConsumerRecord<byte[], byte[]>> poll() throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException("while looking for a past result");
            }
            return consumer.poll(POLL);
        }

        private void remember(ConsumerRecord<byte[], byte[]> record) {
            if (record.key() == null || record.value() == null) {
                return;
            }
            first.putIfAbsent(
                    new String(record.key(), UTF_8),
                    new Place(
                            new TopicPartition(record.topic(), record.partition()),
                            record.offset(),
                            Instant.ofEpochMilli(record.timestamp())));
            if (first.size() > REMEMBERED) {
                Place forgotten = first.pollFirstEntry().getValue();
                from = forgotten.at.plusMillis(1);
            }
        }

        /** Goes back for the value, and then on from where it was. */
        private Past read(Place place, String jobId) throws InterruptedException {
            long position = consumer.position(place.partition);
            consumer.seek(place.partition, place.offset);
            byte[] key = jobId.getBytes(UTF_8);
            try {
                while (true) {
                    for (ConsumerRecord<byte[], byte[]> record : poll()) {
                        if (Arrays.equals(record.key(), key) && record.value() != null) {
                            return new Past(record.value(), Answers.digest(record.headers()));
                        }
                    }
                }
            } finally {
                consumer.seek(place.partition, position);
            }
        }
    }
}
