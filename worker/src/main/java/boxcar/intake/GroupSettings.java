package boxcar.intake;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;

/**
 * How the share groups are to be set, as near to what we want as the broker's own bounds allow. A
 * broker that does not tell its bounds is taken to have the defaults of Kafka 4.4.
 */
record GroupSettings(Config broker) {
    /**
     * As many as the broker allows, Kafka's hard cap at most: more than we ask for ourselves. The
     * broker drops a record of which the last delivery is not settled, and tells nobody: a replica
     * that is killed with our last delivery must leave the job one more.
     */
    private static final long DELIVERIES = 25;

    /** As many jobs as there may be after the oldest unfinished one; Kafka's hard cap. */
    private static final long RECORD_LOCKS = 10_000;

    /** A member gets its partition with its second heartbeat. */
    private static final long HEARTBEAT_MILLIS = 500;

    /** Without these the delivery is not as promised. */
    Map<String, String> needed(IntakeSettings settings) {
        Map<String, String> wanted = new LinkedHashMap<>();
        // The default is latest: jobs sent before the first worker came would be passed over.
        wanted.put("share.auto.offset.reset", "earliest");
        // The default is read_uncommitted: jobs of transactions that are open, or were aborted,
        // run.
        wanted.put("share.isolation.level", "read_committed");
        wanted.put(
                "share.record.lock.duration.ms",
                bounded("record.lock.duration.ms", settings.lock().toMillis(), 15_000, 60_000));
        wanted.put(
                "share.delivery.count.limit", bounded("delivery.count.limit", DELIVERIES, 2, 10));
        wanted.put(
                "share.partition.max.record.locks",
                bounded("partition.max.record.locks", RECORD_LOCKS, 100, 4000));
        return wanted;
    }

    /**
     * What of {@link #needed} is not so. Where the broker does not tell its bounds, they may be
     * wider than the usual ones: then what we want without any bound is right, too.
     */
    Map<String, String> wrong(Config now, IntakeSettings settings) {
        Map<String, String> wrong = AdminCalls.missing(now, needed(settings));
        if (broker.entries().isEmpty()) {
            Map<String, String> unbounded = new LinkedHashMap<>();
            unbounded.put(
                    "share.record.lock.duration.ms", String.valueOf(settings.lock().toMillis()));
            unbounded.put("share.delivery.count.limit", String.valueOf(DELIVERIES));
            unbounded.put("share.partition.max.record.locks", String.valueOf(RECORD_LOCKS));
            unbounded.keySet().removeAll(AdminCalls.missing(now, unbounded).keySet());
            wrong.keySet().removeAll(unbounded.keySet());
        }
        return wrong;
    }

    /** With these a worker that joins gets jobs sooner; older brokers know not all of them. */
    Map<String, String> quicker() {
        Map<String, String> wanted = new LinkedHashMap<>();
        wanted.put(
                "share.heartbeat.interval.ms",
                bounded("heartbeat.interval.ms", HEARTBEAT_MILLIS, 5000, 15_000));
        wanted.put("share.assignment.interval.ms", bounded("assignment.interval.ms", 0, 0, 15_000));
        wanted.put("share.assignor.offload.enable", "false");
        return wanted;
    }

    private String bounded(String name, long wanted, long usualMin, long usualMax) {
        long min = told("group.share.min." + name, usualMin);
        long max = told("group.share.max." + name, usualMax);
        return String.valueOf(Math.max(min, Math.min(max, wanted)));
    }

    private long told(String name, long usual) {
        ConfigEntry entry = broker.get(name);
        if (entry == null || entry.value() == null) {
            return usual;
        }
        try {
            return Long.parseLong(entry.value());
        } catch (NumberFormatException e) {
            return usual;
        }
    }
}
