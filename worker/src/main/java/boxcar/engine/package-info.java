/**
 * Carries out one job from start to end, and judges.
 *
 * <p>Enter by {@link boxcar.engine.Engine}. This room owns the work directories under {@code
 * <state>/work} and what an ending means ({@code Judge}). It never talks to Kafka, never starts a
 * process itself, and never tries a stage twice.
 *
 * <p>Safe for many threads: each job has its own objects.
 */
@NullMarked
package boxcar.engine;

import org.jspecify.annotations.NullMarked;
