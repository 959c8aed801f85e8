/**
 * The operator's configuration: read once, checked whole, then a record.
 *
 * <p>Enter by {@link boxcar.config.Config#read}. Every key with its meaning, default and bounds is
 * in {@link boxcar.config.Key}; {@code ops/boxcar.properties} is written from it, and a test
 * compares the two. A value comes from the environment ({@code BOXCAR_METRICS_PORT} for {@code
 * metrics.port}), else from the file, else from the default. Knows no other room but {@code job}.
 */
@NullMarked
package boxcar.config;

import org.jspecify.annotations.NullMarked;
