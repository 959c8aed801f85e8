package boxcar.intake;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;

/**
 * Tells whether a delivery's count can be believed. A partition's leader alone knows who holds
 * which record: a broker that restarts, another that becomes the leader, and one that becomes it
 * anew after it was not heard of, deliver what is held again with an unchanged count (measured on
 * Kafka 4.4). A broker cannot restart without our connection being closed, and no leader changes
 * without its epoch: so what was in the topic when the connection was made and the epoch was asked
 * may have been delivered before, to anybody; what came later has not, as long as both last.
 *
 * <p>Whoever held such a record lost it with the leader, and can tell of it only for as long as its
 * lock and its producer last: results that are read after that tell for good.
 *
 * <p>A consumer that is opened anew need not begin from nothing: what another one of this replica
 * knows, whose connection has lasted, is true for it as well.
 *
 * <p>For the slot's thread, save for what {@link #watch} returns.
 */
final class Continuity implements AutoCloseable {
    private static final Set<String> CONNECTIONS =
            Set.of("connection-close-total", "connection-creation-total");
    private static final double NEVER = -1;

    /** A broker that is too busy to answer is not asked all the time. */
    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(200);

    private final Connections others;
    private final String topic;
    private final List<Metric> connections;
    private CountDownLatch learning = new CountDownLatch(0);
    private volatile Known known = Known.NOTHING;

    Continuity(Connections others, KafkaShareConsumer<byte[], byte[]> consumer, String topic) {
        this.others = others;
        this.topic = topic;
        this.connections =
                consumer.metrics().values().stream()
                        .filter(metric -> CONNECTIONS.contains(metric.metricName().name()))
                        .<Metric>map(metric -> metric)
                        .toList();
        if (connections.size() < CONNECTIONS.size()) {
            throw new IllegalStateException("Kafka's consumer does not count its connections");
        }
    }

    /**
     * What is known while the connections and the leaders are those of then.
     *
     * @param connections how many were made and closed by then
     * @param ends where the topic ended
     * @param old the doubt about what was in the topic before
     */
    record Known(
            double connections,
            Map<TopicPartition, TopicEnds.End> ends,
            Optional<Delivery.Doubt> old) {
        static final Known NOTHING = new Known(NEVER, Map.of(), Optional.empty());

        Known with(double itsConnections) {
            return new Known(itsConnections, ends, old);
        }

        /**
         * Whether the leaders that told this still lead, and no others, by what they tell later.
         */
        boolean isOfLeaders(Map<TopicPartition, TopicEnds.End> later) {
            return later.size() == ends.size()
                    && ends.keySet().stream().allMatch(partition -> isOfLeader(partition, later));
        }

        /** Likewise for one partition: whoever leads another one does not matter to its records. */
        boolean isOfLeader(TopicPartition partition, Map<TopicPartition, TopicEnds.End> later) {
            TopicEnds.End then = ends.get(partition);
            TopicEnds.End now = later.get(partition);
            return then != null && now != null && then.epoch() == now.epoch();
        }
    }

    /** Whether what is known holds. Asks nobody; for any thread. */
    boolean lasts() {
        Known then = known;
        double now = connections();
        return now <= 0 || (now == then.connections && !others.haveOthersTold(topic, then));
    }

    /** To be called while a poll lasts: what comes after this is new while all that lasts. */
    void refresh() {
        if (!lasts()) {
            CountDownLatch _ = learning();
        }
    }

    /**
     * To be called after each poll.
     *
     * @param patience how long to wait for an answer; one that comes later holds for later records
     */
    void refresh(Duration patience) throws InterruptedException {
        if (!lasts()) {
            boolean _ = learning().await(patience.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** One question at a time is on its way. */
    private synchronized CountDownLatch learning() {
        CountDownLatch now = learning;
        if (now.getCount() == 0) {
            CountDownLatch next = new CountDownLatch(1);
            learning = next;
            Beside.run(() -> {
                try {
                    learn();
                } finally {
                    next.countDown();
                }
            });
            return next;
        }
        return now;
    }

    private void learn() throws InterruptedException {
        double now = connections();
        if (!lasts()) {
            Optional<Known> learned = others.knowOf(topic);
            if (learned.isPresent()) {
                known = learned.get().with(now);
            }
        }
    }

    String topic() {
        return topic;
    }

    /** What is known of a topic of one partition, if the connection has lasted. For any thread. */
    Optional<Known> lasting() {
        Known now = known;
        return now.ends.size() == 1 && connections() == now.connections
                ? Optional.of(now)
                : Optional.empty();
    }

    @Override
    public void close() {
        others.forget(this);
    }

    /**
     * Asks ahead what jobs that were taken then will want to know of the leaders at their end. Does
     * not wait for the answer: meanwhile locks are to be kept.
     */
    void ask(long taken) {
        Known then = known;
        if (connections() == then.connections) {
            Beside.run(() -> {
                var _ = others.leaders(topic, taken);
            });
        }
    }

    /**
     * For a record that the last poll brought.
     *
     * @param taken when it did, by {@link System#nanoTime}
     */
    Delivery.Past watch(ConsumerRecord<byte[], byte[]> record, long taken) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        TopicEnds.End end = known.ends.get(partition);
        if (end == null) {
            known = Known.NOTHING;
            others.forgetPartitions(topic);
        }
        Known then = known;
        double now = connections();
        boolean old = end == null || record.offset() < end.offset();
        Optional<Delivery.Doubt> doubt = old ? then.old : Optional.empty();
        return new Delivery.Past() {
            @Override
            public Optional<Delivery.Doubt> doubt() {
                return now == then.connections && connections() == now
                        ? doubt
                        : Optional.of(Delivery.Doubt.now());
            }

            @Override
            public boolean isLedAsThen() throws InterruptedException {
                while (now == then.connections && connections() == now) {
                    var told = others.leaders(topic, taken);
                    if (told.isPresent()) {
                        return then.isOfLeader(partition, told.get());
                    }
                    Thread.sleep(BETWEEN_QUESTIONS);
                }
                return true;
            }
        };
    }

    private double connections() {
        return connections.stream()
                .mapToDouble(metric -> metric.metricValue() instanceof Double count ? count : NEVER)
                .sum();
    }
}
