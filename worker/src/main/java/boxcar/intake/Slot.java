package boxcar.intake;

import boxcar.job.Telemetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one job at a time from one topic. Its thread owns a share consumer, which no other thread
 * touches; the job runs beside it, and meanwhile the slot keeps the job's lock.
 *
 * <p>While no jobs are to be taken the consumer is closed: one that merely polls no more may hold a
 * record that its last fetch brought.
 */
final class Slot implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Slot.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final long LEAST_BACK_OFF_MILLIS = 500;
    private static final long MOST_BACK_OFF_MILLIS = 10_000;

    private final Place place;
    private final KafkaClients clients;
    private final RecordHandler handler;
    private final Surroundings around;
    private volatile @Nullable HeldJob held;
    private volatile boolean abandoned;
    private volatile boolean serving;
    private boolean hasServed;
    private int failures;

    Slot(Place place, KafkaClients clients, RecordHandler handler, Surroundings around) {
        this.place = place;
        this.clients = clients;
        this.handler = handler;
        this.around = around;
    }

    /** Which slot it is. */
    record Place(String name, JobTopic topic, String topicName, String group) {}

    /** What all slots share. */
    record Surroundings(
            Gate gate,
            TopicEnds ends,
            Runnable untilOthersAreGone,
            Duration lock,
            InstantSource clock,
            Telemetry telemetry,
            Consumer<String> onFatal) {}

    /** Whether a job is held now. */
    boolean isBusy() {
        return held != null;
    }

    /** Whether a consumer is open, which may bring a job at any moment. */
    boolean isServing() {
        return serving;
    }

    /** Whether a consumer is open that holds no job. */
    boolean isIdle() {
        return serving && held == null;
    }

    /** Stops the job that is held, if any, and gives it back. */
    void abandon() {
        abandoned = true;
        HeldJob now = held;
        if (now != null) {
            now.interrupt();
        }
    }

    @Override
    public void run() {
        try {
            while (around.gate.awaitOpen()) {
                if (!serveOnce()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Opens a consumer and serves until the gate closes or the consumer fails.
     *
     * @return false if it is no use to go on
     */
    private boolean serveOnce() throws InterruptedException {
        try {
            KafkaShareConsumer<byte[], byte[]> consumer = clients.share(place.group, place.name);
            try {
                serving = true;
                consumer.setAcknowledgementCommitCallback(this::acknowledged);
                consumer.subscribe(List.of(place.topicName));
                serve(consumer, new Continuity(around.ends, around.lock, consumer));
            } finally {
                close(consumer);
            }
            return true;
        } catch (RuntimeException e) {
            return survive(e);
        }
    }

    private void acknowledged(
            Map<TopicIdPartition, Set<Long>> offsets, @Nullable Exception failure) {
        if (failure != null) {
            log.warn(
                    "{}: records {} may come again: {}", place.name, offsets, failure.getMessage());
        }
    }

    /** Sends the last acknowledgement, and gives back what has none. */
    private void close(KafkaShareConsumer<byte[], byte[]> consumer) {
        try {
            consumer.close(CLOSING);
        } finally {
            serving = false;
        }
    }

    private boolean survive(RuntimeException e) throws InterruptedException {
        boolean mayPass = hasServed && !KafkaFailures.isAccess(e);
        if (KafkaFailures.needsAPerson(e) && !mayPass) {
            around.onFatal.accept(
                    "Cannot take jobs from "
                            + place.topicName
                            + ": "
                            + KafkaFailures.sayAndMend(e));
            return false;
        }
        failures++;
        if (failures == 1) {
            log.warn("{}: {}; trying again", place.name, KafkaFailures.say(e));
        }
        long most = Math.min(MOST_BACK_OFF_MILLIS, LEAST_BACK_OFF_MILLIS << Math.min(failures, 10));
        around.gate.rest(
                Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1)));
        return true;
    }

    private void serve(KafkaShareConsumer<byte[], byte[]> consumer, Continuity continuity)
            throws InterruptedException {
        while (around.gate.isOpen()) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                // The lock's time runs from here on, so it is taken first.
                Lease lease = new Lease(consumer, record, lock(consumer));
                continuity.refresh(place.topicName);
                around.gate.rest(hold(lease, record, continuity.watch(record)));
            }
            continuity.refresh(place.topicName);
            hasServed = true;
            failures = 0;
        }
    }

    /**
     * Handles a record while keeping its lock.
     *
     * @return how long to take nothing
     */
    private Duration hold(
            Lease lease, ConsumerRecord<byte[], byte[]> record, Supplier<OptionalLong> doubt)
            throws InterruptedException {
        Delivery delivery =
                new Delivery(
                        place.topic,
                        record,
                        record.deliveryCount().map(Short::intValue).orElse(1),
                        around.clock.instant(),
                        doubt,
                        lease::isHeld);
        try (Telemetry.Timing handOver = around.telemetry.begin("hand-over")) {
            return hold(lease, delivery, HeldJob.start(place.name, timed(handOver), delivery));
        }
    }

    /** The job's own thread tells its steps; what is left of them is {@code other}. */
    private RecordHandler timed(Telemetry.Timing handOver) {
        return delivery -> {
            long start = System.nanoTime();
            try (var _ = around.telemetry.begin("other")) {
                return handler.handle(delivery);
            } finally {
                handOver.without(Duration.ofNanos(System.nanoTime() - start));
            }
        };
    }

    private Duration hold(Lease lease, Delivery delivery, HeldJob job) throws InterruptedException {
        held = job;
        try {
            if (abandoned) {
                job.interrupt();
            }
            while (!job.endsWithin(lease.untilRenewal())) {
                if (!lease.renew()) {
                    log.warn("{}: the lock on {} is lost", place.name, delivery.place());
                    job.interrupt();
                    job.awaitEnd();
                    return Duration.ZERO;
                }
            }
            return settle(lease, job.settling());
        } finally {
            held = null;
        }
    }

    private Duration settle(Lease lease, Settling settling) {
        return switch (settling) {
            case Settling.Accept _ -> {
                lease.accept();
                yield Duration.ZERO;
            }
            case Settling.Release(Duration rest) -> {
                if (!around.gate.isOpen()) {
                    around.untilOthersAreGone.run();
                }
                lease.release();
                yield rest;
            }
        };
    }

    private Duration lock(KafkaShareConsumer<byte[], byte[]> consumer) {
        return consumer.acquisitionLockTimeoutMs().map(Duration::ofMillis).orElse(around.lock);
    }
}
