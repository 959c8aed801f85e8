package boxcar.intake;

import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Questions to Kafka whose answers nobody has to wait for. */
final class Beside {
    private static final Logger log = LoggerFactory.getLogger(Beside.class);

    private Beside() {}

    /** A question that may take its time. */
    @FunctionalInterface
    interface Question {
        void ask() throws InterruptedException;
    }

    /** Asks on a thread of its own. */
    static void run(Question question) {
        Thread.ofVirtual()
                .name("beside")
                .start(() -> {
                    try {
                        question.ask();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (KafkaException e) {
                        log.debug("No answer: {}", e.getMessage());
                    }
                });
    }
}
