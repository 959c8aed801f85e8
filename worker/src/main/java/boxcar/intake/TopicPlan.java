package boxcar.intake;

import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/**
 * A topic as Boxcar wants it. All have one partition: share partitions are dealt to members, so
 * that records in a partition nobody holds would wait (measured: 8 partitions, a seventh of the
 * throughput); and the catalogue's offsets are ids.
 *
 * @param operations what a worker does to it
 * @param needed settings without which promises break; checked, besides being made
 */
record TopicPlan(
        String name,
        Set<AclOperation> operations,
        Map<String, String> settings,
        Map<String, String> needed) {
    static final int PARTITIONS = 1;
    private static final String FOR_EVER = "-1";

    static List<TopicPlan> all(IntakeSettings settings) {
        TopicNames names = settings.topics();
        int result = Math.max(IntakeSettings.LARGEST_RECORD, settings.maxResultBytes());
        List<TopicPlan> plans = new ArrayList<>();
        for (JobTopic kind : JobTopic.values()) {
            plans.add(plan(names.jobs(kind), Set.of(READ), days(7), IntakeSettings.LARGEST_RECORD));
        }
        plans.add(plan(names.results(), Set.of(READ, WRITE), days(7), result));
        plans.add(
                new TopicPlan(
                        names.runtimes(),
                        Set.of(READ, WRITE),
                        Map.of("max.message.bytes", size(IntakeSettings.LARGEST_RECORD)),
                        Map.of(
                                "retention.ms", FOR_EVER,
                                "retention.bytes", FOR_EVER,
                                "cleanup.policy", "delete")));
        plans.add(plan(names.progress(), Set.of(WRITE), days(1), 1 << 20));
        plans.add(plan(names.control(), Set.of(READ), days(1), 1 << 20));
        plans.add(
                plan(
                        names.deadLetters(),
                        Set.of(WRITE),
                        days(30),
                        IntakeSettings.LARGEST_RECORD + (1 << 16)));
        return plans;
    }

    /** All that a new topic gets. */
    Map<String, String> made() {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(needed);
        return all;
    }

    /**
     * The broker's clock counts, not the producer's: queueing time is measured from it, and a
     * producer whose clock is off would else have its records deleted early or kept for ever.
     */
    private static TopicPlan plan(
            String name, Set<AclOperation> operations, String retentionMillis, int largest) {
        return new TopicPlan(
                name,
                operations,
                Map.of(
                        "retention.ms",
                        retentionMillis,
                        "max.message.bytes",
                        size(largest),
                        "message.timestamp.type",
                        "LogAppendTime"),
                Map.of("cleanup.policy", "delete"));
    }

    /** A record's own bytes are above its value's: key, headers, framing. */
    private static String size(int value) {
        return String.valueOf(value + (1 << 16));
    }

    private static String days(int days) {
        return String.valueOf(Duration.ofDays(days).toMillis());
    }
}
