package boxcar.intake;

import boxcar.job.Telemetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs from one topic, as many at a time as the {@link Pace} says. Its thread owns a share
 * consumer, which no other thread touches; the jobs run beside it, and meanwhile the slot keeps
 * their locks.
 *
 * <p>While no jobs are to be taken the consumer is closed: one that merely polls no more may hold a
 * record that its last fetch brought.
 *
 * <p>Of the slots of a topic only two poll at a time; the others wait for one of those to get some
 * records. When a worker dies, the broker gives what it held to any fetch that waits, those of its
 * own dead slots among them, one after the other, until it has seen the end of their connections;
 * each counts as a delivery (docs/decisions/0024).
 */
final class Slot implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Slot.class);
    private static final Duration POLL = Duration.ofMillis(500);

    /** Within it another slot gets records, where there is a backlog. */
    private static final Duration SOON = Duration.ofMillis(10);

    /** A small part of any lock: a broker that does not answer must not keep us from renewing. */
    private static final Duration LEARNING = Duration.ofMillis(500);

    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final long LEAST_BACK_OFF_MILLIS = 500;
    private static final long MOST_BACK_OFF_MILLIS = 10_000;

    private final Place place;
    private final Crew crew;
    private final KafkaClients clients;
    private final RecordHandler handler;
    private final Surroundings around;
    private volatile @Nullable Handful held;
    private volatile @Nullable Waiting waiting;
    private final AtomicBoolean hasPlace = new AtomicBoolean();
    private volatile boolean abandoned;
    private volatile boolean serving;
    private volatile boolean hasServed;

    /** How many jobs this slot may take, if it is one of those that poll; else none. */
    private int polling;

    private boolean changing;
    private volatile int failures;

    Slot(Place place, Crew crew, KafkaClients clients, RecordHandler handler, Surroundings around) {
        this.place = place;
        this.crew = crew;
        this.clients = clients;
        this.handler = handler;
        this.around = around;
    }

    /**
     * Which slot it is.
     *
     * @param isSpare it serves only while another one does not
     */
    record Place(String name, JobTopic topic, String topicName, String group, boolean isSpare) {}

    /** What all slots share. */
    record Surroundings(
            Gate gate,
            Connections connections,
            Runnable untilOthersAreGone,
            int deliveryLimit,
            Duration lock,
            InstantSource clock,
            Telemetry telemetry,
            Consumer<String> onFatal) {}

    /**
     * What the slots of a topic share.
     *
     * @param pollers a permit for each slot that may poll at a time
     * @param spares the places of slots that serve
     */
    record Crew(Pace pace, Turns turns, Semaphore pollers, Spares spares) {
        /** One that waits for records, and one to take over when it has some. */
        static final int POLLERS = 2;

        static Crew of(String topic, int slots, Spares spares) {
            return new Crew(
                    new Pace(topic, slots, System::nanoTime),
                    new Turns(slots),
                    new Semaphore(POLLERS, true),
                    spares);
        }

        /** Whether the next result will come soon. */
        boolean isBusy() {
            return pace.isWide() && turns.areWanted();
        }

        /**
         * Waits until one more slot may poll: what it takes may begin, or, if that is several, will
         * when few others have.
         */
        boolean mayPoll(int width, Duration patience) throws InterruptedException {
            boolean room = width > 1 ? turns.promise(width, patience) : turns.awaitFree(patience);
            if (!room) {
                return false;
            }
            boolean may = false;
            try {
                may = pollers.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS);
                return may;
            } finally {
                if (!may) {
                    havePolled(width);
                }
            }
        }

        /** What was to be taken is counted otherwise from now on, or did not come. */
        void havePolled(int width) {
            if (width > 1) {
                turns.taken(width);
            }
        }
    }

    boolean isSpare() {
        return place.isSpare();
    }

    /** Its thread has ended; it may be started again. */
    void rested() {
        crew.spares.ended(this);
    }

    /** How many jobs are held now. */
    int held() {
        Handful now = held;
        return now == null ? 0 : now.held();
    }

    /** Whether a consumer is open, which may bring a job at any moment. */
    boolean isServing() {
        return serving;
    }

    /** Whether a consumer is open that holds no job. */
    boolean isIdle() {
        return serving && held == null;
    }

    /**
     * To be called every now and then, by one thread: looks after a slot that waits for records.
     */
    void look() {
        Waiting now = waiting;
        if (now != null) {
            now.look();
        }
    }

    /** Stops the jobs that are held, if any, and gives them back. */
    void abandon() {
        abandoned = true;
        Handful now = held;
        if (now != null) {
            now.interrupt();
        }
    }

    @Override
    public void run() {
        try {
            while (around.gate.awaitOpen()) {
                if (takePlace(POLL)) {
                    if (!serveInPlace()) {
                        return;
                    }
                } else if (place.isSpare()) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean serveInPlace() throws InterruptedException {
        try {
            return serveOnce();
        } finally {
            if (hasPlace.compareAndSet(true, false)) {
                crew.spares.leavePlace();
            }
        }
    }

    private boolean takePlace(Duration patience) throws InterruptedException {
        if (!hasPlace.get() && crew.spares.takePlace(patience)) {
            hasPlace.set(true);
        }
        return hasPlace.get();
    }

    /** This slot takes nothing for a while. For any thread. */
    private void letAnotherServe() {
        if (hasPlace.compareAndSet(true, false)) {
            crew.spares.leavePlaceToAnother();
        }
    }

    /**
     * Opens a consumer and serves until the gate closes, the pace changes or the consumer fails.
     *
     * @return false if it is no use to go on
     */
    private boolean serveOnce() throws InterruptedException {
        int width = crew.pace.width();
        if (!mayPoll(width, POLL)) {
            hasChanged();
            return true;
        }
        try {
            KafkaShareConsumer<byte[], byte[]> consumer =
                    clients.share(place.group, place.name, width);
            try {
                serving = true;
                consumer.setAcknowledgementCommitCallback(this::acknowledged);
                consumer.subscribe(List.of(place.topicName));
                try (Continuity continuity = around.connections.of(consumer, place.topicName)) {
                    serve(consumer, width, continuity);
                }
            } finally {
                close(consumer);
            }
            return true;
        } catch (RuntimeException e) {
            hasChanged();
            stopPolling();
            return survive(e);
        } finally {
            stopPolling();
        }
    }

    private boolean mayPoll(int width, Duration patience) throws InterruptedException {
        if (polling == 0 && handler.awaitRoom(patience) && crew.mayPoll(width, patience)) {
            polling = width;
        }
        return polling > 0;
    }

    /**
     * Only after a poll that brought something, or with the consumer closed: else a fetch goes on,
     * and what that brings would not be polled.
     */
    private void stopPolling() {
        if (polling > 0) {
            crew.havePolled(polling);
            polling = 0;
            crew.pollers.release();
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
        int failed = failures + 1;
        failures = failed;
        if (failed == 1) {
            log.warn("{}: {}; trying again", place.name, KafkaFailures.say(e));
        }
        long most = Math.min(MOST_BACK_OFF_MILLIS, LEAST_BACK_OFF_MILLIS << Math.min(failed, 10));
        around.gate.rest(
                Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1)));
        return true;
    }

    private void serve(
            KafkaShareConsumer<byte[], byte[]> consumer, int width, Continuity continuity)
            throws InterruptedException {
        LongPoll polls = new LongPoll(consumer);
        Waiting wait = new Waiting(polls, width, continuity);
        while (around.gate.isOpen() && !isToChange(width)) {
            if (!mayPoll(width, SOON)) {
                // No poll tells what was accepted, then.
                consumer.commitAsync();
                if (!mayPoll(width, POLL)) {
                    continue;
                }
            }
            long asked = System.nanoTime();
            ConsumerRecords<byte[], byte[]> records = wait.forRecords();
            long taken = System.nanoTime();
            if (records.isEmpty()) {
                if (!polls.hasSkipped()) {
                    return;
                }
                continue;
            }
            serves();
            // The time of the locks runs from here on, so they are taken first.
            Leases leases = new Leases(consumer, lock(consumer), polls::acknowledged);
            continuity.refresh(LEARNING);
            Duration rest = work(records, leases, continuity, taken);
            crew.pace.settled(
                    width,
                    Duration.ofNanos(taken - asked),
                    Duration.ofNanos(System.nanoTime() - taken));
            around.gate.rest(rest);
            if (leases.areInDoubt() || !takePlace(Duration.ZERO)) {
                return;
            }
        }
    }

    /** A consumer of this slot that waits for records. */
    private final class Waiting {
        private final LongPoll polls;
        private final int width;
        private final Continuity continuity;

        Waiting(LongPoll polls, int width, Continuity continuity) {
            this.polls = polls;
            this.width = width;
            this.continuity = continuity;
        }

        ConsumerRecords<byte[], byte[]> forRecords() throws InterruptedException {
            waiting = this;
            try {
                return polls.poll();
            } finally {
                over();
            }
        }

        private synchronized void over() {
            waiting = null;
        }

        /** By another thread. */
        synchronized void look() {
            if (waiting != this) {
                return;
            }
            crew.pace.idle();
            if (!around.gate.isOpen() || isToChange(width)) {
                polls.leave();
                return;
            }
            if (crew.pace.width() == width && polls.isAnswered()) {
                serves();
            }
            polls.look();
            continuity.refresh();
        }
    }

    private synchronized boolean isToChange(int width) {
        if (changing) {
            return false;
        }
        changing = crew.pace.mayChange(width);
        return changing;
    }

    /** The broker answers its consumer. */
    private void serves() {
        hasChanged();
        hasServed = true;
        failures = 0;
    }

    /** It serves, or has failed to: another slot may change. */
    private synchronized void hasChanged() {
        if (changing) {
            changing = false;
            crew.pace.changed();
        }
    }

    /**
     * Has jobs done while keeping their locks.
     *
     * @return how long to take nothing
     */
    private Duration work(
            ConsumerRecords<byte[], byte[]> records,
            Leases leases,
            Continuity continuity,
            long taken)
            throws InterruptedException {
        CountDownLatch running = new CountDownLatch(records.count());
        AtWork atWork = new AtWork(records.count(), this::letAnotherServe);
        List<HeldJob> jobs = new ArrayList<>();
        var at = new Delivery.Taken(around.clock.instant(), taken);
        for (ConsumerRecord<byte[], byte[]> record : records) {
            Lease lease = leases.of(record);
            Delivery.Past past = continuity.watch(record, taken);
            HeldJob.Work work =
                    over ->
                            handle(
                                    new Delivery(
                                            place.topic,
                                            record,
                                            lease.count(),
                                            at,
                                            past,
                                            over,
                                            atWork::aside,
                                            lease::isHeld),
                                    taken);
            Runnable onEnd =
                    () -> {
                        atWork.ended();
                        running.countDown();
                    };
            jobs.add(HeldJob.start(lease, work, crew.turns, onEnd));
        }
        stopPolling();
        var handful =
                new Handful(
                        place.name,
                        leases,
                        jobs,
                        running,
                        new Handful.Rules(
                                around.gate::isOpen,
                                around.untilOthersAreGone,
                                crew.pace::late,
                                around.deliveryLimit,
                                this::settled));
        held = handful;
        try {
            if (abandoned) {
                handful.interrupt();
            }
            continuity.ask(taken);
            return handful.await();
        } finally {
            held = null;
        }
    }

    /** The job's own thread tells its steps; what is left of them is {@code other}. */
    private Settling handle(Delivery delivery, long taken) throws InterruptedException {
        around.telemetry.step("turn", Duration.ofNanos(System.nanoTime() - taken));
        try (var _ = around.telemetry.begin("other")) {
            return handler.handle(delivery);
        }
    }

    private void settled(HeldJob.Ended job) {
        around.telemetry.step("hand-over", Duration.ofNanos(System.nanoTime() - job.at()));
    }

    private Duration lock(KafkaShareConsumer<byte[], byte[]> consumer) {
        return consumer.acquisitionLockTimeoutMs().map(Duration::ofMillis).orElse(around.lock);
    }
}
