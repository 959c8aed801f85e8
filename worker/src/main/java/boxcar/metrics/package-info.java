/**
 * What happens, for the dashboards: counters, histograms and gauges in Prometheus' text format, and
 * whether this replica is alive and takes jobs.
 *
 * <p>Enter by {@link boxcar.metrics.Metrics} (hears what happens) and {@link
 * boxcar.metrics.MetricsServer} (serves it). Names and labels are listed in {@code
 * docs/operations.md}, and a test compares the two. Never holds anything of a job but its kind.
 */
@NullMarked
package boxcar.metrics;

import org.jspecify.annotations.NullMarked;
