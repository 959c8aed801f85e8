package boxcar.sandbox;

import boxcar.job.Fault;
import java.time.Duration;

/**
 * What the first process of a runc box told about the program's end.
 *
 * @param status as wait(2) has it
 * @param cpuTime of the program and those of its children that it waited for
 */
record RuncReport(
        int status,
        Duration wallTime,
        Duration cpuTime,
        long maxRssKib,
        long cswVoluntary,
        long cswForced) {
    private static final int WORDS = 7;
    private static final long NANOS_PER_MICRO = 1000;
    private static final int SIGNAL = 0x7f;

    /**
     * @param line "end STATUS WALL-NS CPU-US MAXRSS-KIB CSW-VOLUNTARY CSW-FORCED"
     */
    static RuncReport parse(String line) throws Fault {
        String[] words = line.split(" ", -1);
        if (words.length != WORDS || !words[0].equals("end")) {
            throw Faults.sandbox("the box's first process said '" + line + "'");
        }
        try {
            return new RuncReport(
                    Integer.parseInt(words[1]),
                    Duration.ofNanos(Long.parseLong(words[2])),
                    Duration.ofNanos(Long.parseLong(words[3]) * NANOS_PER_MICRO),
                    Long.parseLong(words[4]),
                    Long.parseLong(words[5]),
                    Long.parseLong(words[6]));
        } catch (NumberFormatException e) {
            throw Faults.sandbox("the box's first process said '" + line + "'", e);
        }
    }

    boolean signalled() {
        return (status & SIGNAL) != 0;
    }

    int signal() {
        return status & SIGNAL;
    }

    int exitCode() {
        return (status >> 8) & 0xff;
    }
}
