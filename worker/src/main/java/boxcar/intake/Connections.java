package boxcar.intake;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.TopicPartition;

/** What the slots of a replica know of their connections. Safe for many threads. */
final class Connections {
    /**
     * Whoever gets a job from a new leader answers it a second after it has learned of that, or not
     * at all: so what was told half a second ago will do.
     */
    private static final Duration FRESH = Delivery.Doubt.ON_ITS_WAY.dividedBy(2);

    private final TopicEnds ends;
    private final Duration lock;
    private final Set<Continuity> open = ConcurrentHashMap.newKeySet();
    private final Map<String, Continuity.Known> last = new ConcurrentHashMap<>();

    /**
     * @param lock the longest that somebody may hold a record without renewing
     */
    Connections(TopicEnds ends, Duration lock) {
        this.ends = ends;
        this.lock = lock;
    }

    /** For a consumer of a topic; to be closed before the consumer is. */
    Continuity of(KafkaShareConsumer<byte[], byte[]> consumer, String topic) {
        Continuity continuity = new Continuity(this, consumer, topic);
        open.add(continuity);
        return continuity;
    }

    void forget(Continuity continuity) {
        open.remove(continuity);
    }

    /**
     * What holds for a consumer that is connected now.
     *
     * @return nothing if the broker does not say
     */
    Optional<Continuity.Known> knowOf(String topic) throws InterruptedException {
        for (Continuity other : open) {
            if (other.topic().equals(topic)) {
                Optional<Continuity.Known> known = other.lasting();
                if (known.isPresent() && known.get().isOfLeaders(ends.last(topic))) {
                    return known;
                }
            }
        }
        long asked = System.nanoTime();
        return ends.of(topic, asked).map(told -> learn(topic, told, asked));
    }

    private Continuity.Known learn(
            String topic, Map<TopicPartition, TopicEnds.End> told, long asked) {
        Continuity.Known before = last.get(topic);
        // What a replica finds when it starts, nobody lost a moment ago.
        boolean haveChanged = before != null && !before.isOfLeaders(told);
        Duration late = haveChanged ? Delivery.Doubt.ON_ITS_WAY : Duration.ZERO;
        long settled = asked + lock.plus(Publisher.MOST).toNanos();
        var old = new Delivery.Doubt(asked + late.toNanos(), settled);
        Continuity.Known known = new Continuity.Known(0, told, Optional.of(old));
        last.put(topic, known);
        return known;
    }

    /** A record came from a partition that nobody has told of. */
    void forgetPartitions(String topic) {
        ends.forget(topic);
    }

    /** Whether the last that was heard is not of the leaders that told this. Asks nobody. */
    boolean haveOthersTold(String topic, Continuity.Known known) {
        Map<TopicPartition, TopicEnds.End> last = ends.last(topic);
        return !last.isEmpty() && !known.isOfLeaders(last);
    }

    /**
     * Asks the leaders who they are.
     *
     * @param taken when the job was: what they told before does not count, nor what is not fresh
     * @return nothing if they do not answer
     */
    Optional<Map<TopicPartition, TopicEnds.End>> leaders(String topic, long taken)
            throws InterruptedException {
        long now = System.nanoTime();
        long after = now - Math.min(now - taken, FRESH.toNanos());
        return ends.of(topic, after);
    }
}
