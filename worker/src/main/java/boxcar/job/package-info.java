/**
 * The words of Boxcar and the contracts between its rooms.
 *
 * <p>What is asked ({@link boxcar.job.Job}), what one command may use ({@link boxcar.job.Limits}),
 * how it ended ({@link boxcar.job.Ending}), what that means ({@link boxcar.job.Verdict}), and who
 * does what: {@link boxcar.job.Sandbox}, {@link boxcar.job.Catalogue}, {@link boxcar.job.Ledger}.
 *
 * <p>Knows nothing but {@code java.*}. Times are {@link java.time.Duration}, sizes are KiB of 1024
 * bytes unless the name says otherwise. All records are immutable and safe for many threads.
 */
@NullMarked
package boxcar.job;

import org.jspecify.annotations.NullMarked;
