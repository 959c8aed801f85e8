package boxcar.intake;

import java.time.Duration;
import java.util.Map;

/**
 * How this replica takes jobs from Kafka.
 *
 * @param prefix of every topic and group: {@code boxcar}
 * @param kafka properties of every client as Kafka names them: {@code bootstrap.servers}, {@code
 *     security.protocol}, {@code sasl.*}, {@code ssl.*}; may hold secrets, so they are not printed
 * @param executeSlots executions held at a time: a few more than boxes, so that decoding and
 *     publishing hide behind running stages
 * @param installSlots installations and removals held at a time
 * @param deliveryLimit how often a job is delivered, 2 to 25; the last delivery is not run again
 *     but ends the job with a fault
 * @param lock how long a job stays ours without a sign of life
 * @param shutdownGrace how long running jobs may go on when this replica stops
 * @param replica name of this replica, as results tell it
 * @param jsonResults results are written as JSON instead of Avro
 * @param maxResultBytes the largest result that is published
 * @param faultBackOff the wait after the first fault of a job, under its lock; doubled with each
 *     delivery, up to a minute
 */
public record IntakeSettings(
        String prefix,
        Map<String, String> kafka,
        int executeSlots,
        int installSlots,
        int deliveryLimit,
        Duration lock,
        Duration shutdownGrace,
        String replica,
        boolean jsonResults,
        int maxResultBytes,
        Duration faultBackOff) {
    /** What Boxcar's topics hold at most in a record, where the broker allows it. */
    static final int LARGEST_RECORD = 16 << 20;

    public IntakeSettings {
        require(prefix.matches("[a-zA-Z0-9._-]{1,100}"), "prefix: letters, digits, . _ -");
        require(
                !kafka.getOrDefault("bootstrap.servers", "").isBlank(),
                "bootstrap.servers is missing");
        require(executeSlots >= 0, "executeSlots: 0 or more");
        require(installSlots >= 0, "installSlots: 0 or more");
        require(deliveryLimit >= 2 && deliveryLimit <= 25, "deliveryLimit: 2 to 25");
        require(lock.toMillis() >= 1000, "lock: at least a second");
        require(!shutdownGrace.isNegative(), "shutdownGrace: 0 or more");
        require(maxResultBytes >= 4096, "maxResultBytes: at least 4096");
        require(faultBackOff.toMillis() >= 1, "faultBackOff: at least a millisecond");
        kafka = Map.copyOf(kafka);
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }

    TopicNames topics() {
        return new TopicNames(prefix);
    }

    String bootstrapServers() {
        return kafka.getOrDefault("bootstrap.servers", "");
    }

    /** Without the client properties' values, since some are secret. */
    @Override
    public String toString() {
        return "IntakeSettings[" + prefix + ", " + replica + ", kafka " + kafka.keySet() + "]";
    }
}
