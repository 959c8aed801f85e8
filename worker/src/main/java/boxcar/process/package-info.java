/**
 * One operating-system process: start it, feed it, bound what it prints, stop it, reap it.
 *
 * <p>Enter by {@link boxcar.process.OsProcess}. It knows nothing of sandboxes and never judges an
 * exit status. Bytes stay bytes.
 */
@NullMarked
package boxcar.process;

import org.jspecify.annotations.NullMarked;
