/**
 * The program {@code boxcar}: its commands, and the wiring of the house.
 *
 * <p>{@link boxcar.cli.Main} is what the launcher starts; {@code Replica} wires one worker by hand
 * and reads from top to bottom. Nobody imports this room. What a command prints for people goes to
 * stdout as text, with {@code --json} as one JSON object (or one a line); everything else, logs
 * included, goes to stderr.
 */
@NullMarked
package boxcar.cli;

import org.jspecify.annotations.NullMarked;
