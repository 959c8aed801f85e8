package boxcar.config;

import boxcar.job.StageKind;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a stage may use where neither the job nor the operator says otherwise, by the fields of the
 * wire.
 */
record DefaultLimits(Map<String, Range> values) {
    /** A field's default and maximum, as text, and its unit for people. */
    record Range(String fallback, String max, String unit) {}

    static DefaultLimits of(StageKind kind) {
        return switch (kind) {
            case INSTALL ->
                    limits(
                            "60", "300", "3600", "300", "3600", "2097152", "8388608", "2097152",
                            "8388608", "4096", "65536", "512", "4096", "65536", "1048576");
            case COMPILE ->
                    limits(
                            "10", "20", "120", "10", "60", "524288", "2097152", "65536", "1048576",
                            "256", "4096", "64", "512", "8192", "1048576");
            case RUN ->
                    limits(
                            "10", "5", "120", "2", "60", "262144", "2097152", "16384", "1048576",
                            "64", "4096", "32", "512", "8192", "1048576");
        };
    }

    private static DefaultLimits limits(String mostExtraTime, String... pairs) {
        String[][] fields = {
            {"wall_time", "seconds"},
            {"cpu_time", "seconds"},
            {"memory", "kilobytes"},
            {"max_file_size", "kilobytes"},
            {"max_open_files", "files"},
            {"max_number_of_processes", "processes and threads"},
            {"max_output", "kilobytes"},
        };
        Map<String, Range> values = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i++) {
            values.put(fields[i][0], new Range(pairs[2 * i], pairs[2 * i + 1], fields[i][1]));
        }
        values.put("extra_time", new Range("0", mostExtraTime, "seconds"));
        return new DefaultLimits(values);
    }
}
