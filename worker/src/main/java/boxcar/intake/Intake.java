package boxcar.intake;

import boxcar.job.JobRunner;
import boxcar.job.Ledger;
import boxcar.job.Telemetry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs from Kafka in a fixed number of slots, has them run, and publishes one result for each
 * (KIP-932, share groups). A job is acknowledged only after its result is.
 *
 * <p>Safe for many threads. Survives brokers that go and come; what takes a person to mend (a wrong
 * password, a missing permission) is told once to {@code onFatal}, on a thread of this room.
 */
public final class Intake implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Intake.class);

    /** For consumers to close and for what was interrupted to clean up. */
    private static final Duration AFTER_GRACE = Duration.ofSeconds(30);

    private static final long LOOK_EVERY_MILLIS = 50;

    /** An idle slot ends its poll and closes its consumer. */
    private static final Duration IDLE_GONE = Duration.ofSeconds(4);

    private final IntakeSettings settings;
    private final Consumer<String> onFatal;
    private final Gate gate = new Gate();
    private final Reach reach;
    private final Publisher publisher;
    private final ProgressPublisher progress;
    private final ControlListener control;
    private final PastResults past;
    private final TopicEnds ends;
    private final JobDesk desk;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Thread> slotThreads = new CopyOnWriteArrayList<>();
    private final Thread controlThread;
    private final Thread watch;
    private final AtomicBoolean fatal = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch hurried = new CountDownLatch(1);

    private Intake(
            IntakeSettings settings, Wire wire, Contracts contracts, Consumer<String> onFatal) {
        InstantSource clock = InstantSource.system();
        KafkaClients clients = new KafkaClients(settings);
        TopicNames topics = settings.topics();
        String client = settings.replica();
        this.settings = settings;
        this.onFatal = onFatal;
        this.reach = new Reach(settings.bootstrapServers(), clock);
        Slot.Crew installing = crew(JobTopic.INSTALL, settings.installSlots());
        Slot.Crew executing = crew(JobTopic.EXECUTE, settings.executeSlots());
        this.publisher =
                new Publisher(clients, client + "-results", this::giveUp, executing::isBusy);
        this.progress =
                new ProgressPublisher(
                        clients.lossyProducer(client + "-progress"),
                        topics.progress(),
                        wire,
                        clock);
        Cancellations cancellations = new Cancellations(clock);
        this.control =
                new ControlListener(
                        new ControlListener.Doors(
                                clients,
                                topics.control(),
                                client + "-control",
                                wire,
                                cancellations,
                                gate,
                                reach,
                                this::giveUp),
                        clock);
        this.past = new PastResults(clients, topics.results(), client + "-past");
        this.ends = new TopicEnds(clients, client + "-ends");
        this.desk =
                new JobDesk(
                        new JobDesk.Doors(
                                settings,
                                wire,
                                contracts.ledger,
                                contracts.runner,
                                contracts.telemetry,
                                progress::of,
                                past,
                                cancellations),
                        publisher,
                        clock);
        var memory = new JobMemory(desk, JobMemory.ofHeap(), wire::heapBytes);
        var around =
                new Slot.Surroundings(
                        gate,
                        new Connections(ends, settings.lock()),
                        this::awaitIdleSlotsGone,
                        settings.deliveryLimit(),
                        settings.lock(),
                        clock,
                        contracts.telemetry,
                        this::giveUp);
        for (Slot.Place place : places().toList()) {
            Slot.Crew crew = place.topic() == JobTopic.INSTALL ? installing : executing;
            Slot slot = new Slot(place, crew, clients, memory, around);
            slots.add(slot);
            if (place.isSpare()) {
                crew.spares().ended(slot);
            }
        }
        this.controlThread = Thread.ofVirtual().name("control").unstarted(control);
        this.watch = Thread.ofPlatform().daemon().name("slots").unstarted(this::watchSlots);
        gate.pause(ControlListener.CATCHING_UP);
    }

    /** Who does the work and who hears of it. */
    public record Contracts(Ledger ledger, JobRunner runner, Telemetry telemetry) {}

    /**
     * Opens the producers; takes nothing before {@link #start}.
     *
     * @param onFatal gets one line for people when it is no use to go on; the worker is to stop,
     *     but not by closing this on the thread of the call
     * @throws org.apache.kafka.common.KafkaException if the client properties are unusable
     */
    public static Intake open(
            IntakeSettings settings, Wire wire, Contracts contracts, Consumer<String> onFatal) {
        return new Intake(settings, wire, contracts, onFatal);
    }

    /** Begins to take jobs, as soon as the cancelled ones are known and nothing is paused. */
    public void start() {
        progress.start();
        controlThread.start();
        // Threads of the system: waiting for a while costs a virtual one a turn of the timer's
        // thread.
        slots.stream().filter(slot -> !slot.isSpare()).forEach(this::start);
        watch.start();
    }

    private Slot.Crew crew(JobTopic topic, int count) {
        var spares = new Spares(count, this::startSpare);
        return Slot.Crew.of(settings.topics().jobs(topic), count, spares);
    }

    private void startSpare(Slot slot) {
        start(() -> {
            try {
                slot.run();
            } finally {
                slot.rested();
                slotThreads.remove(Thread.currentThread());
            }
        });
    }

    private void start(Runnable slot) {
        slotThreads.add(Thread.ofPlatform().daemon().name("slot").start(slot));
    }

    /** A slot that waits for records waits until it is told otherwise. */
    private void watchSlots() {
        try {
            while (slotThreads.stream().anyMatch(Thread::isAlive)) {
                Thread.sleep(LOOK_EVERY_MILLIS);
                slots.forEach(Intake::look);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever waits must be told when to end, whatever became of the others. */
    private static void look(Slot slot) {
        try {
            slot.look();
        } catch (RuntimeException e) {
            log.error("Looking after a slot failed", e);
        }
    }

    /**
     * Takes no new jobs, save for those that come before the slots have heard of it; those that run
     * go on. Reasons are counted apart, each once.
     */
    public void pause(String reason) {
        gate.pause(reason);
    }

    /** Takes jobs again, if no other reason is left. */
    public void resume(String reason) {
        gate.resume(reason);
    }

    /** Whether jobs are taken now. */
    public Readiness ready() {
        Set<String> reasons = gate.reasons();
        if (!reasons.isEmpty()) {
            return new Readiness(false, String.join("; ", reasons));
        }
        if (reach.isLost()) {
            return new Readiness(
                    false, "Kafka at " + settings.bootstrapServers() + " does not answer");
        }
        return new Readiness(true, "taking jobs");
    }

    /** Whether this replica takes jobs, and why it does not. */
    public record Readiness(boolean ready, String reason) {}

    /** Jobs that are held now. */
    public int held() {
        return slots.stream().mapToInt(Slot::held).sum();
    }

    /** Whether no slot holds a job or may get one: some time after a pause. */
    boolean isQuiet() {
        return slots.stream().noneMatch(Slot::isServing);
    }

    /** Ends the grace of a close that goes on, or comes. */
    public void hurry() {
        hurried.countDown();
    }

    /**
     * Takes nothing more, lets running jobs end within the grace, stops and gives back the rest,
     * and leaves the groups.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        gate.stop();
        desk.endRests();
        if (!endedOrHurried(settings.shutdownGrace())) {
            awaitIdleSlotsGone();
            log.info("Stopping {} jobs that are still running", held());
            slots.forEach(Slot::abandon);
            if (!ended(slotThreads, AFTER_GRACE)) {
                log.error("{} jobs did not stop; their locks run out by themselves", held());
            }
        }
        boolean _ = ended(List.of(controlThread), AFTER_GRACE);
        progress.close();
        past.close();
        ends.close();
        publisher.close();
    }

    /**
     * A job that is given back comes at once to whoever polls: were that a slot of this replica, it
     * would be given back again, and again, until its deliveries are used up.
     */
    private void awaitIdleSlotsGone() {
        long deadline = System.nanoTime() + IDLE_GONE.toNanos();
        try {
            while (!gate.isOpen()
                    && slots.stream().anyMatch(Slot::isIdle)
                    && System.nanoTime() - deadline < 0) {
                Thread.sleep(LOOK_EVERY_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * @return false if the grace is over, or somebody lost patience, while jobs still run
     */
    private boolean endedOrHurried(Duration grace) {
        long deadline = System.nanoTime() + grace.toNanos();
        try {
            while (!ended(slotThreads, Duration.ofMillis(1))) {
                if (System.nanoTime() - deadline >= 0
                        || hurried.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Takes no more jobs, and tells {@code onFatal} why; only the first reason is told. May be
     * called by who shares our Kafka and finds that it takes a person.
     */
    public void giveUp(String message) {
        gate.pause("stopped: " + message);
        if (fatal.compareAndSet(false, true)) {
            log.error("{}", message);
            onFatal.accept(message);
        }
    }

    private Stream<Slot.Place> places() {
        return Stream.concat(
                places(JobTopic.INSTALL, settings.installSlots()),
                places(JobTopic.EXECUTE, settings.executeSlots()));
    }

    private Stream<Slot.Place> places(JobTopic topic, int count) {
        TopicNames names = settings.topics();
        int all = count == 0 ? 0 : count + Spares.MOST;
        String name = settings.replica() + "-" + topic.name().toLowerCase(Locale.ROOT) + "-";
        return Stream.iterate(1, i -> i <= all, i -> i + 1)
                .map(i ->
                        new Slot.Place(
                                name + i, topic, names.jobs(topic), names.group(topic), i > count));
    }

    private static boolean ended(List<Thread> threads, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        boolean all = true;
        for (Thread thread : threads) {
            try {
                long left = Math.max(1, deadline - System.nanoTime());
                all &= thread.getState() == Thread.State.NEW || thread.join(Duration.ofNanos(left));
            } catch (InterruptedException e) {
                // Whoever interrupts a close wants it quick, not undone.
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return all;
    }
}
