package boxcar.metrics;

import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.LanguageRuntime;
import boxcar.job.Sandbox;
import boxcar.job.StageKind;
import boxcar.job.Telemetry;
import boxcar.job.Verdict;
import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.Histogram;
import io.prometheus.client.hotspot.DefaultExports;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The figures of one replica, in a registry of its own. Label values are lower case. Times are in
 * seconds. Safe for many threads.
 */
public final class Metrics implements Telemetry {
    private static final double[] SHORT = {
        .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900
    };

    private static final double[] STEPS = {
        .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 10
    };

    private final CollectorRegistry registry = new CollectorRegistry();
    private final Counter jobs =
            counter("boxcar_jobs_total", "Jobs that have their outcome.", "kind", "outcome");
    private final Counter verdicts =
            counter(
                    "boxcar_verdicts_total",
                    "Stages by what their ending means.",
                    "stage",
                    "verdict");
    private final Counter deliveries =
            counter("boxcar_deliveries_total", "Jobs taken.", "kind", "redelivered");
    private final Counter releases =
            counter("boxcar_releases_total", "Jobs given back after a fault.", "kind");
    private final Counter locksLost =
            counter(
                    "boxcar_locks_lost_total",
                    "Jobs that another replica has by now, or may have.",
                    "kind");
    private final Counter deadLetters =
            counter("boxcar_dead_letters_total", "Records sent to the dead letters.", "reason");
    private final Counter faults = counter("boxcar_faults_total", "What we failed at.", "step");
    private final Counter ledgerAnswers =
            counter("boxcar_ledger_answers_total", "Jobs answered from the ledger.", "kind");
    private final Histogram queueWait =
            histogram(
                    "boxcar_queue_wait_seconds", "From a job's record to its being taken.", "kind");
    private final Histogram jobTime =
            histogram("boxcar_job_seconds", "From a job's being taken to its outcome.", "kind");
    private final Histogram stageTime =
            histogram(
                    "boxcar_stage_seconds",
                    "Wall time of a stage as the sandbox measured it.",
                    "stage");
    private final Histogram overhead =
            histogram(
                    "boxcar_sandbox_overhead_seconds",
                    "Time spent on a stage beyond its wall time: waiting for a box, making and cleaning it.",
                    "stage");

    private final Histogram steps =
            Histogram.build("boxcar_step_seconds", "What a job's time is spent on.")
                    .labelNames("step")
                    .buckets(STEPS)
                    .register(registry);

    private final Timings timings = new Timings(System::nanoTime, this::step);

    /** Registers the JVM's own figures too. */
    public Metrics() {
        DefaultExports.register(registry);
    }

    private Counter counter(String name, String help, String... labels) {
        return Counter.build(name, help).labelNames(labels).register(registry);
    }

    private Histogram histogram(String name, String help, String label) {
        return Histogram.build(name, help).labelNames(label).buckets(SHORT).register(registry);
    }

    CollectorRegistry registry() {
        return registry;
    }

    /** Adds the gauges, which are read when somebody scrapes. */
    public void watch(Watched watched) {
        new Gauges(watched).register(registry);
    }

    /** What the gauges show. */
    public record Watched(
            String version,
            Sandbox sandbox,
            Supplier<List<LanguageRuntime>> runtimes,
            BooleanSupplier ready) {}

    @Override
    public void taken(Job.Kind kind, int delivery, Duration queued) {
        deliveries.labels(word(kind), Boolean.toString(delivery > 1)).inc();
        queueWait.labels(word(kind)).observe(seconds(queued));
    }

    @Override
    public void finished(Job.Kind kind, JobResult.Outcome outcome, Duration took) {
        jobs.labels(word(kind), word(outcome)).inc();
        jobTime.labels(word(kind)).observe(seconds(took));
    }

    @Override
    public void answeredFromLedger(Job.Kind kind) {
        ledgerAnswers.labels(word(kind)).inc();
    }

    @Override
    public void stage(StageKind kind, Verdict verdict, Duration wall, Duration beyond) {
        verdicts.labels(word(kind), word(verdict)).inc();
        stageTime.labels(word(kind)).observe(seconds(wall));
        overhead.labels(word(kind)).observe(seconds(beyond));
    }

    @Override
    public void released(Job.Kind kind) {
        releases.labels(word(kind)).inc();
    }

    @Override
    public void lockLost(Job.Kind kind) {
        locksLost.labels(word(kind)).inc();
    }

    @Override
    public void deadLetter(String reason) {
        deadLetters.labels(reason).inc();
    }

    @Override
    public void step(String step, Duration took) {
        steps.labels(step).observe(seconds(took));
    }

    @Override
    public Timing begin(String step) {
        return timings.begin(step);
    }

    @Override
    public void fault(String step) {
        faults.labels(step).inc();
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static double seconds(Duration time) {
        return Math.max(0, time.toNanos() / 1e9);
    }

    /** Gauges, read from their owners at each scrape. */
    private static final class Gauges extends Collector {
        private final Watched watched;

        Gauges(Watched watched) {
            this.watched = watched;
        }

        @Override
        public List<MetricFamilySamples> collect() {
            return List.of(boxes(), runtimes(), ready(), engine(), build());
        }

        private MetricFamilySamples boxes() {
            Sandbox.Boxes boxes = watched.sandbox().boxes();
            return new GaugeMetricFamily("boxcar_boxes", "Boxes of this replica.", List.of("state"))
                    .addMetric(List.of("busy"), boxes.busy())
                    .addMetric(List.of("free"), boxes.total() - boxes.busy())
                    .addMetric(List.of("bad"), boxes.bad());
        }

        private MetricFamilySamples runtimes() {
            Map<LanguageRuntime.State, Integer> count = new EnumMap<>(LanguageRuntime.State.class);
            Collection<LanguageRuntime> known = watched.runtimes().get();
            known.forEach(runtime -> count.merge(runtime.state(), 1, Integer::sum));
            GaugeMetricFamily family =
                    new GaugeMetricFamily(
                            "boxcar_runtimes",
                            "Runtimes, as they are on this host.",
                            List.of("state"));
            for (LanguageRuntime.State state : LanguageRuntime.State.values()) {
                family.addMetric(List.of(word(state)), count.getOrDefault(state, 0));
            }
            return family;
        }

        private MetricFamilySamples ready() {
            return new GaugeMetricFamily(
                    "boxcar_ready",
                    "Whether this replica takes jobs.",
                    watched.ready().getAsBoolean() ? 1 : 0);
        }

        private MetricFamilySamples engine() {
            Sandbox.Engine engine = watched.sandbox().engine();
            return new GaugeMetricFamily(
                            "boxcar_engine_info",
                            "The sandbox engine of this replica.",
                            List.of("engine", "version", "cgroups", "memory"))
                    .addMetric(
                            List.of(
                                    engine.name(),
                                    engine.version(),
                                    engine.cgroups(),
                                    word(engine.memory())),
                            1);
        }

        private MetricFamilySamples build() {
            return new GaugeMetricFamily("boxcar_build_info", "This build.", List.of("version"))
                    .addMetric(List.of(watched.version()), 1);
        }
    }
}
