package boxcar.intake;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether Kafka answers; says so once when that changes. Safe for many threads. */
final class Reach {
    private static final Logger log = LoggerFactory.getLogger(Reach.class);

    private final String servers;
    private final InstantSource clock;
    private @Nullable Instant lostSince;

    Reach(String servers, InstantSource clock) {
        this.servers = servers;
        this.clock = clock;
    }

    synchronized void lost(Throwable failure) {
        if (lostSince == null) {
            lostSince = clock.instant();
            log.warn(
                    "Kafka at {} cannot be used: {}; trying again",
                    servers,
                    KafkaFailures.say(failure));
        }
    }

    synchronized void answered() {
        if (lostSince != null) {
            Duration away = Duration.between(lostSince, clock.instant());
            log.info("Kafka at {} can be used again after {} s", servers, away.toSeconds());
            lostSince = null;
        }
    }

    synchronized boolean isLost() {
        return lostSince != null;
    }
}
