/**
 * The runtimes of this host: which there are, where they are, and how they are made.
 *
 * <p>Enter by {@link boxcar.runtime.Runtimes}. This room owns the folder {@code <state>/runtimes},
 * the Nix GC roots of what is in there, and the SQLite file, which nobody else opens: a projection
 * of the catalogue's log (and this replica's ledger of published results), so deleting it loses
 * nothing. It is the only room that knows jOOQ and Nix. It never writes the catalogue's log.
 *
 * <p>Safe for many threads. Reading the catalogue never waits for an installation.
 */
@NullMarked
package boxcar.runtime;

import org.jspecify.annotations.NullMarked;
