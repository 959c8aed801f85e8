/**
 * The C library, by the foreign-function API (JEP 454): how its functions are found, what errno
 * they leave, and what that is in words.
 *
 * <p>Enter by {@link boxcar.libc.CLibrary}. Which functions there are is for the rooms that call
 * them: {@code boxcar.process} and {@code boxcar.files}, and no other.
 */
@NullMarked
package boxcar.libc;

import org.jspecify.annotations.NullMarked;
