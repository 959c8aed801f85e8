package boxcar.intake;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Asks the leaders of a topic's partitions where those end, and in which epoch they lead; by one
 * client for all who ask. Whoever asks while a question is on its way shares the next one. Safe for
 * many threads.
 */
final class TopicEnds implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaClients clients;
    private final String clientId;
    private final ReentrantLock opening = new ReentrantLock();
    private final Map<String, Topic> topics = new ConcurrentHashMap<>();
    private volatile @Nullable Admin admin;

    TopicEnds(KafkaClients clients, String clientId) {
        this.clients = clients;
        this.clientId = clientId;
    }

    /**
     * The end of a partition.
     *
     * @param offset after its last record
     * @param epoch of its leader: another one, or the same anew, has a higher one (KIP-101)
     */
    record End(long offset, int epoch) {}

    /**
     * What the leaders tell.
     *
     * @param after when they are to be asked at the earliest, by {@link System#nanoTime}
     * @return nothing if a leader does not answer within 5 s, or answers without its epoch
     */
    Optional<Map<TopicPartition, End>> of(String topic, long after) throws InterruptedException {
        return topics.computeIfAbsent(topic, Topic::new).askAfter(after);
    }

    /** What they told last; empty if none has yet. */
    Map<TopicPartition, End> last(String topic) {
        Topic known = topics.get(topic);
        return known == null ? Map.of() : known.told;
    }

    /** Somebody has seen a partition that nobody has told of: the next who asks hears of it. */
    void forget(String topic) {
        Topic known = topics.get(topic);
        if (known != null) {
            known.told = Map.of();
            known.partitions = List.of();
        }
    }

    private final class Topic {
        private final String name;
        private final ReentrantLock asking = new ReentrantLock();
        private volatile Map<TopicPartition, End> told = Map.of();
        private volatile List<TopicPartition> partitions = List.of();
        private Optional<Map<TopicPartition, End>> answer = Optional.empty();
        private long asked;
        private boolean everAsked;

        Topic(String name) {
            this.name = name;
        }

        Optional<Map<TopicPartition, End>> askAfter(long time) throws InterruptedException {
            asking.lockInterruptibly();
            try {
                if (!everAsked || asked - time < 0) {
                    long now = System.nanoTime();
                    answer = ask();
                    asked = now;
                    everAsked = true;
                }
                return answer;
            } finally {
                asking.unlock();
            }
        }

        private Optional<Map<TopicPartition, End>> ask() throws InterruptedException {
            try {
                Optional<Map<TopicPartition, End>> ends = ends(partitions());
                told = ends.orElse(Map.of());
                return ends;
            } catch (KafkaException e) {
                told = Map.of();
                return Optional.empty();
            }
        }

        /** They never become fewer. */
        private Collection<TopicPartition> partitions() throws InterruptedException {
            Collection<TopicPartition> known = partitions;
            if (!known.isEmpty()) {
                return known;
            }
            Map<String, TopicDescription> described =
                    AdminCalls.get(admin().describeTopics(List.of(name)).allTopicNames(), PATIENCE);
            List<TopicPartition> there =
                    described.values().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .map(partition -> new TopicPartition(name, partition.partition()))
                            .toList();
            partitions = there;
            return there;
        }

        private Optional<Map<TopicPartition, End>> ends(Collection<TopicPartition> partitions)
                throws InterruptedException {
            Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
            partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
            return told(AdminCalls.get(admin().listOffsets(latest).all(), PATIENCE));
        }
    }

    /** An answer without an epoch does not tell who leads, so it counts as no answer. */
    static Optional<Map<TopicPartition, End>> told(
            Map<TopicPartition, ListOffsetsResultInfo> answer) {
        Map<TopicPartition, End> ends = new HashMap<>();
        for (var of : answer.entrySet()) {
            Optional<Integer> epoch = of.getValue().leaderEpoch();
            if (epoch.isEmpty()) {
                return Optional.empty();
            }
            ends.put(of.getKey(), new End(of.getValue().offset(), epoch.get()));
        }
        return Optional.of(Map.copyOf(ends));
    }

    private Admin admin() {
        Admin open = admin;
        if (open != null) {
            return open;
        }
        opening.lock();
        try {
            Admin made = admin;
            if (made == null) {
                made = clients.admin(clientId, PATIENCE);
                admin = made;
            }
            return made;
        } finally {
            opening.unlock();
        }
    }

    @Override
    public void close() {
        Admin open = admin;
        if (open != null) {
            open.close(Duration.ZERO);
        }
    }
}
