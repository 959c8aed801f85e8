/**
 * What the tests that break things tell docs/reliability.md. Words stand at the test ({@link
 * boxcar.reliability.Tried}, {@link boxcar.reliability.Must}); {@link boxcar.reliability.Recorder}
 * writes down what each run of it came to; {@link boxcar.reliability.ReliabilityReport} puts both
 * into the page.
 */
@NullMarked
package boxcar.reliability;

import org.jspecify.annotations.NullMarked;
