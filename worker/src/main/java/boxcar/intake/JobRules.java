package boxcar.intake;

import static boxcar.job.StageKind.COMPILE;
import static boxcar.job.StageKind.INSTALL;
import static boxcar.job.StageKind.RUN;

import boxcar.job.Limits;
import boxcar.job.StageKind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/**
 * What the operator allows a job to ask for. A job that asks for more is rejected with the bound.
 *
 * @param defaults what a stage may use when the job does not say; one that is above the maximum
 *     counts as the maximum
 * @param maxima the most that a job may ask for
 * @param clock tells whether a deadline has passed
 */
public record JobRules(
        Map<StageKind, Limits> defaults,
        Map<StageKind, Limits> maxima,
        Caps caps,
        InstantSource clock) {
    /**
     * For a producer, which does not know the maxima of the worker. A rejection then names no
     * maximum.
     */
    public static final Limits NO_MAXIMUM =
            new Limits(
                    Duration.ofNanos(Long.MAX_VALUE),
                    Duration.ofNanos(Long.MAX_VALUE),
                    Duration.ofNanos(Long.MAX_VALUE),
                    Long.MAX_VALUE,
                    Long.MAX_VALUE,
                    Integer.MAX_VALUE,
                    Integer.MAX_VALUE,
                    Long.MAX_VALUE);

    private static final long MIB = 1024;
    private static final long GIB = 1024 * MIB;

    public JobRules {
        for (StageKind kind : StageKind.values()) {
            if (!defaults.containsKey(kind) || !maxima.containsKey(kind)) {
                throw new IllegalArgumentException("defaults and maxima lack " + kind);
            }
        }
        defaults = Map.copyOf(defaults);
        maxima = Map.copyOf(maxima);
    }

    /**
     * How large a job may be, besides its limits.
     *
     * @param args arguments of one run, the job's and the test's together
     * @param argBytes all of them together, in UTF-8, with a byte for the end of each
     * @param envEntries variables of the environment
     * @param envBytes all of them together, as NAME=VALUE with a byte for the end of each
     * @param files entries of {@code files}
     * @param sourceKib source code, files and unpacked ZIP together, KiB
     * @param zipEntries entries of a ZIP archive, folders too
     * @param zipKib what a ZIP archive unpacks to, KiB
     * @param tests entries of {@code tests}
     * @param outputFiles entries of {@code output_files}
     */
    public record Caps(
            int args,
            int argBytes,
            int envEntries,
            int envBytes,
            int files,
            int sourceKib,
            int zipEntries,
            int zipKib,
            int tests,
            int outputFiles) {
        public static final Caps STANDARD =
                new Caps(4096, 524_288, 1024, 524_288, 1000, 16_384, 4096, 16_384, 1000, 64);
    }

    /** The limits of a kind of stage that a job says nothing about. */
    Limits standard(StageKind kind) {
        return of(defaults, kind);
    }

    /** The most that a job may ask for. */
    Limits most(StageKind kind) {
        return of(maxima, kind);
    }

    private static Limits of(Map<StageKind, Limits> limits, StageKind kind) {
        Limits found = limits.get(kind);
        if (found == null) {
            throw new IllegalStateException("checked when made: " + kind);
        }
        return found;
    }

    /** What Boxcar allows unless it is configured otherwise. */
    public static JobRules standard() {
        return new JobRules(
                Map.of(
                        INSTALL, limits(300, 300, 0, 2 * GIB, 2 * GIB, 4096, 512, 64 * MIB),
                        COMPILE, limits(20, 10, 0, 512 * MIB, 64 * MIB, 256, 64, 8 * MIB),
                        RUN, limits(5, 2, 0, 256 * MIB, 16 * MIB, 64, 32, 8 * MIB)),
                Map.of(
                        INSTALL, limits(3600, 3600, 60, 8 * GIB, 8 * GIB, 65_536, 4096, GIB),
                        COMPILE, limits(120, 60, 10, 2 * GIB, GIB, 4096, 512, GIB),
                        RUN, limits(120, 60, 10, 2 * GIB, GIB, 4096, 512, GIB)),
                Caps.STANDARD,
                InstantSource.system());
    }

    private static Limits limits(
            long wall,
            long cpu,
            long extra,
            long memory,
            long file,
            int open,
            int processes,
            long output) {
        return new Limits(
                Duration.ofSeconds(wall),
                Duration.ofSeconds(cpu),
                Duration.ofSeconds(extra),
                memory,
                file,
                open,
                processes,
                output);
    }
}
