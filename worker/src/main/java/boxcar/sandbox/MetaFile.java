package boxcar.sandbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What {@code isolate --run --meta} wrote: lines of {@code key:value}, where a value may hold
 * colons. Keys we do not know are kept and ignored, since newer isolates add some. A key written
 * twice keeps its last value: isolate appends {@code status:XX} when it fails after it has already
 * told how the run ended.
 *
 * <p>This class repeats what isolate said. Whose fault it was is for others to judge.
 *
 * @see <a href="https://www.ucw.cz/isolate/isolate.1.html">isolate(1), META-FILE</a>
 */
record MetaFile(Map<String, String> values) {
    private static final long MILLIS = 1000;

    MetaFile {
        values = Map.copyOf(values);
    }

    /**
     * A message may go on in a second line: isolate 1 says what it could not write, line feed and
     * all.
     *
     * @throws MetaFileException if a line holds no colon, and is no more of a message
     */
    static MetaFile parse(String text) {
        var values = new LinkedHashMap<String, String>();
        for (String line : lines(text)) {
            int colon = line.indexOf(':');
            if (colon < 1 && "message".equals(lastOf(values))) {
                values.compute("message", (_, begun) -> begun + "\n" + line);
                continue;
            }
            if (colon < 1) {
                throw new MetaFileException("'" + line + "' is no line of a meta file");
            }
            values.put(line.substring(0, colon), line.substring(colon + 1));
        }
        return new MetaFile(values);
    }

    private static @Nullable String lastOf(LinkedHashMap<String, String> values) {
        return values.isEmpty() ? null : values.lastEntry().getKey();
    }

    private static List<String> lines(String text) {
        var lines = new ArrayList<>(List.of(text.split("\n", -1)));
        if (lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return lines;
    }

    /** RE, SG, TO, XX, or null if the run ended well. */
    @Nullable String status() {
        return values.get("status");
    }

    @Nullable String message() {
        return values.get("message");
    }

    boolean timedOut() {
        return "TO".equals(status());
    }

    /**
     * Whether it was the wall clock's time-out. Only the message tells: the figures cannot, since a
     * run may have passed both limits by the time it was looked at.
     */
    boolean byWallClock() {
        return timedOut() && String.valueOf(message()).contains("wall clock");
    }

    /** Somebody sent isolate a signal; the program had nothing to do with it. */
    boolean interrupted() {
        return "Interrupted".equals(message());
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    /** CPU time, of the whole group where there is one; null if the program never started. */
    @Nullable Duration cpuTime() {
        return find("time", MetaFile::seconds);
    }

    @Nullable Duration wallTime() {
        return find("time-wall", MetaFile::seconds);
    }

    /** Peak of the group, KiB; null without {@code --cg}. */
    @Nullable Long groupMemoryKib() {
        return find("cg-mem", Long::valueOf);
    }

    @Nullable Long number(String key) {
        return find(key, Long::valueOf);
    }

    /**
     * @throws MetaFileException if the key is absent, as in a file cut short, or no number
     */
    int exitCode() {
        return read("exitcode");
    }

    /**
     * @throws MetaFileException if the key is absent, as in a file cut short, or no number
     */
    int exitSignal() {
        return read("exitsig");
    }

    private int read(String key) {
        Integer value = find(key, Integer::valueOf);
        if (value == null) {
            throw new MetaFileException("meta file has no '" + key + "': " + values);
        }
        return value;
    }

    private <T extends @Nullable Object> @Nullable T find(String key, Function<String, T> parse) {
        String value = values.get(key);
        if (value == null) {
            return null;
        }
        try {
            return parse.apply(value);
        } catch (NumberFormatException e) {
            throw new MetaFileException(
                    "meta file has no number at '" + key + "' but '" + value + "'", e);
        }
    }

    private static Duration seconds(String text) {
        return Duration.ofMillis(Math.round(Double.parseDouble(text) * MILLIS));
    }

    /** The file is not what isolate writes. */
    static final class MetaFileException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MetaFileException(String message) {
            super(message);
        }

        MetaFileException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
