/**
 * What single parts of the worker cost, by JMH. The benchmarks stand in the packages of what they
 * measure, whose doors are mostly shut to others; nothing of this module is in the worker. {@code
 * ./boxcar bench parts} runs all.
 *
 * <p>This package holds what they share.
 */
package boxcar.parts;
