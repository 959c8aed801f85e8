/**
 * Runs one command in one box and tells how it ended.
 *
 * <p>Enter by {@link boxcar.sandbox.Sandboxes}. This room owns the box numbers, the users, cgroups
 * and mounts that go with them: nobody else calls isolate or runc, and a number is lent to one
 * stage at a time. It never judges a stage and never tries one twice.
 *
 * <p>What a program does is an {@link boxcar.job.Ending}; what we fail at is a {@link
 * boxcar.job.Fault} of step {@code box} (numbers, claims, what goes with a box) or {@code sandbox}
 * (the engine). Safe for many threads.
 */
@NullMarked
package boxcar.sandbox;

import org.jspecify.annotations.NullMarked;
