/**
 * Works on folders that untrusted programs have written to.
 *
 * <p>Enter by {@link boxcar.files.Trees}. Nothing here follows a symbolic link, opens a FIFO, a
 * socket or a device, or trusts a path to be short, shallow or UTF-8; the locale is not asked. It
 * expects that no process which may write to the tree is alive any more; the path up to the tree's
 * root is the caller's own and trusted.
 */
@NullMarked
package boxcar.files;

import org.jspecify.annotations.NullMarked;
