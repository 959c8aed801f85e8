package boxcar.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a stage used, as the sandbox measured it. A figure that was not told is null, never 0.
 *
 * @param memoryKib peak of all processes together
 * @param maxRssKib largest resident set of one process
 * @param killed the sandbox ended the program, or the kernel did for the sandbox's memory limit;
 *     not if the program ended by itself, with whatever exit status or signal
 * @param oomKilled the kernel's out-of-memory killer took one of its processes; the program may
 *     have ended well all the same
 * @param outOfRoom the program failed, and it left its work directory full or a file of the largest
 *     size that is allowed
 * @param processLimitHit the kernel refused it a new process or thread; null where the host cannot
 *     tell
 */
public record Usage(
        @Nullable Duration cpuTime,
        @Nullable Duration wallTime,
        @Nullable Long memoryKib,
        @Nullable Long maxRssKib,
        @Nullable Long cswVoluntary,
        @Nullable Long cswForced,
        boolean killed,
        boolean oomKilled,
        boolean outOfRoom,
        @Nullable Boolean processLimitHit) {
    /** Nothing was told. */
    public static final Usage UNKNOWN =
            new Usage(null, null, null, null, null, null, false, false, false, null);

    /** The same, of a program that was out of room. */
    Usage withoutRoom() {
        return new Usage(
                cpuTime,
                wallTime,
                memoryKib,
                maxRssKib,
                cswVoluntary,
                cswForced,
                killed,
                oomKilled,
                true,
                processLimitHit);
    }
}
