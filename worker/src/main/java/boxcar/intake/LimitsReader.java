package boxcar.intake;

import boxcar.job.Limits;
import boxcar.job.Rejection;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Turns the limits that a job asks for into limits to run under. What is absent takes the default;
 * 0, what is negative, no finite number, or above the maximum is refused with the bound, because
 * isolate(1) reads 0 as "no limit". Only extra_time may be 0.
 *
 * @param field where the limits stand: {@code run_limits}
 */
record LimitsReader(String field, Limits standard, Limits most) {
    private static final Duration LEAST = Duration.ofMillis(1);
    private static final double PLAIN = 1e15;

    Limits read(boxcar.schema.@Nullable Limits asked) throws Refusal {
        boxcar.schema.Limits a = asked == null ? new boxcar.schema.Limits() : asked;
        return new Limits(
                time("wall_time", a.getWallTime(), LEAST, standard.wallTime(), most.wallTime()),
                time("cpu_time", a.getCpuTime(), LEAST, standard.cpuTime(), most.cpuTime()),
                time(
                        "extra_time",
                        a.getExtraTime(),
                        Duration.ZERO,
                        standard.extraTime(),
                        most.extraTime()),
                size("memory", a.getMemory(), standard.memoryKib(), most.memoryKib()),
                size(
                        "max_file_size",
                        a.getMaxFileSize(),
                        standard.maxFileSizeKib(),
                        most.maxFileSizeKib()),
                count(
                        "max_open_files",
                        a.getMaxOpenFiles(),
                        4,
                        standard.maxOpenFiles(),
                        most.maxOpenFiles(),
                        "files"),
                count(
                        "max_number_of_processes",
                        a.getMaxNumberOfProcesses(),
                        1,
                        standard.maxProcesses(),
                        most.maxProcesses(),
                        "processes"),
                size("max_output", a.getMaxOutput(), standard.maxOutputKib(), most.maxOutputKib()));
    }

    private Duration time(
            String name, @Nullable Double asked, Duration least, Duration usual, Duration top)
            throws Refusal {
        if (asked == null) {
            return usual.compareTo(top) > 0 ? top : usual;
        }
        @Nullable Double bound = isBounded() ? seconds(top) : null;
        if (!(asked >= seconds(least) && (bound == null || asked <= bound))) { // NaN fails both
            throw refusal(name, asked, new Rejection.Range(seconds(least), bound, "seconds"));
        }
        return Duration.ofNanos(Math.round(asked * 1e9));
    }

    private long size(String name, @Nullable Long asked, long usual, long top) throws Refusal {
        return within(name, asked, 1, usual, top, "kilobytes");
    }

    private int count(
            String name, @Nullable Integer asked, int least, int usual, int top, String unit)
            throws Refusal {
        return (int) within(name, asked == null ? null : (long) asked, least, usual, top, unit);
    }

    private long within(
            String name, @Nullable Long asked, long least, long usual, long top, String unit)
            throws Refusal {
        if (asked == null) {
            return Math.min(usual, top);
        }
        if (asked < least || asked > top) {
            @Nullable Double bound = isBounded() ? (double) top : null;
            throw refusal(name, asked, new Rejection.Range((double) least, bound, unit));
        }
        return asked;
    }

    private boolean isBounded() {
        return !most.equals(JobRules.NO_MAXIMUM);
    }

    private Refusal refusal(String name, Number asked, Rejection.Range range) {
        double value = asked.doubleValue();
        double least = Objects.requireNonNull(range.least());
        Rejection.Code code =
                Double.isNaN(value)
                        ? Rejection.Code.INVALID
                        : value < least
                                ? Rejection.Code.BELOW_MINIMUM
                                : Rejection.Code.ABOVE_MAXIMUM;
        @Nullable Double most = range.most();
        String bound =
                most == null
                        ? "must be at least %s %s".formatted(plain(least), range.unit())
                        : "must be at least %s and at most %s %s"
                                .formatted(plain(least), plain(most), range.unit());
        String shown = asked instanceof Double ? plain(value) : asked.toString();
        return new Refusal(
                new Rejection(code, FieldPath.key(field, name), shown, bound).within(range));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    /** As people write it: 2, 0.5, NaN. */
    private static String plain(double number) {
        return Math.abs(number) < PLAIN
                ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }
}
