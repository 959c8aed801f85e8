package boxcar.runtime;

import boxcar.job.Limits;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** Limits as one column: {@code wall_time_ms=1000 cpu_time_ms=…}. */
final class LimitsText {
    private LimitsText() {}

    static String write(Limits limits) {
        return "wall_time_ms="
                + limits.wallTime().toMillis()
                + " cpu_time_ms="
                + limits.cpuTime().toMillis()
                + " extra_time_ms="
                + limits.extraTime().toMillis()
                + " memory_kib="
                + limits.memoryKib()
                + " max_file_size_kib="
                + limits.maxFileSizeKib()
                + " max_open_files="
                + limits.maxOpenFiles()
                + " max_number_of_processes="
                + limits.maxProcesses()
                + " max_output_kib="
                + limits.maxOutputKib();
    }

    static Limits read(String text) {
        Map<String, Long> values =
                Arrays.stream(text.split(" ", -1))
                        .map(pair -> pair.split("=", 2))
                        .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
        return new Limits(
                Duration.ofMillis(value(values, "wall_time_ms")),
                Duration.ofMillis(value(values, "cpu_time_ms")),
                Duration.ofMillis(value(values, "extra_time_ms")),
                value(values, "memory_kib"),
                value(values, "max_file_size_kib"),
                Math.toIntExact(value(values, "max_open_files")),
                Math.toIntExact(value(values, "max_number_of_processes")),
                values.getOrDefault("max_output_kib", Limits.FORMER_OUTPUT_KIB));
    }

    private static long value(Map<String, Long> values, String key) {
        Long value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("limits lack " + key);
        }
        return value;
    }
}
