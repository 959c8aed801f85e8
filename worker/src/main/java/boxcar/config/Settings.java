package boxcar.config;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The values of all keys, from the environment, the file and the defaults, with every problem that
 * was met while reading them. Values of {@code kafka.*} may be secrets: no problem shows one, save
 * for {@code kafka.bootstrap.servers}, which is a key of ours.
 */
final class Settings {
    private static final String KAFKA = "kafka.";
    private static final Map<String, Key> KEYS =
            Key.ALL.stream().collect(Collectors.toUnmodifiableMap(Key::name, key -> key));

    /** Variables of the launcher, which are not ours to read. */
    private static final Set<String> OF_THE_LAUNCHER =
            Set.of(
                    "BOXCAR_CONFIG",
                    "BOXCAR_JAVA_HOME",
                    "BOXCAR_AOT",
                    "BOXCAR_JAVA_OPTS",
                    "BOXCAR_SETUP",
                    "BOXCAR_HOME",
                    "BOXCAR_LOG_LEVEL");

    private final Map<String, String> values = new HashMap<>();
    private final Set<String> problems = new LinkedHashSet<>();
    private final Set<String> wrong = new HashSet<>();

    /**
     * @param kafkaNames what Kafka's clients can be told; empty: whatever is told
     */
    Settings(Map<String, String> file, Map<String, String> environment, Set<String> kafkaNames) {
        new TreeMap<>(file).forEach(this::fromFile);
        Map<String, String> byVariable =
                Key.ALL.stream().collect(Collectors.toMap(Key::variable, Key::name));
        new TreeMap<>(environment)
                .forEach((variable, value) -> fromEnvironment(byVariable, variable, value));
        refuseMisspelt(kafkaNames);
    }

    /**
     * What Kafka's clients do not know they pass over in silence. A name that is nearly one of
     * theirs is a slip; any other may be read by a class that the operator gave them.
     */
    private void refuseMisspelt(Set<String> kafkaNames) {
        for (String name : new TreeMap<>(values).keySet()) {
            String told = name.startsWith(KAFKA) ? name.substring(KAFKA.length()) : "";
            if (told.isEmpty() || kafkaNames.contains(told)) {
                continue;
            }
            nearest(told.toLowerCase(Locale.ROOT).replace('_', '.'), kafkaNames)
                    .ifPresent(known ->
                            problems.add(
                                    name
                                            + ": Kafka's clients have no such setting; did you mean "
                                            + KAFKA
                                            + known
                                            + "?"));
        }
    }

    private void fromFile(String name, String value) {
        if (KEYS.containsKey(name) || name.startsWith(KAFKA)) {
            values.put(name, value.strip());
        } else {
            problems.add(name + ": no such key" + didYouMean(name));
        }
    }

    private void fromEnvironment(Map<String, String> byVariable, String variable, String value) {
        String known = byVariable.get(variable);
        if (known != null) {
            values.put(known, value.strip());
        } else if (variable.startsWith("BOXCAR_KAFKA_")) {
            values.put(
                    KAFKA
                            + variable.substring("BOXCAR_KAFKA_".length())
                                    .toLowerCase(Locale.ROOT)
                                    .replace('_', '.'),
                    value);
        } else if (variable.startsWith("BOXCAR_")
                && !variable.startsWith("BOXCAR_TEST_")
                && !OF_THE_LAUNCHER.contains(variable)) {
            problems.add(
                    variable
                            + ": no such variable; its name is that of a key, in capitals with '_' for '.', after BOXCAR_");
        }
    }

    private static String didYouMean(String name) {
        return nearest(name, KEYS.keySet())
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("; ops/boxcar.properties lists them all");
    }

    private static Optional<String> nearest(String name, Set<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(one -> distance(one, name)))
                .filter(one -> distance(one, name) <= Math.min(3, name.length() / 3));
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    /** What is set for the Kafka clients, without our prefix. */
    Map<String, String> kafka() {
        Map<String, String> kafka = new HashMap<>();
        kafka.put(
                "bootstrap.servers",
                matching(
                        "kafka.bootstrap.servers",
                        "\\s*[^\\s,]+:\\d{1,5}\\s*(,\\s*[^\\s,]+:\\d{1,5}\\s*)*",
                        "must be host:port, or several with ',' between them"));
        values.forEach((name, value) -> {
            if (name.startsWith(KAFKA)) {
                kafka.put(name.substring(KAFKA.length()), value);
            }
        });
        return kafka;
    }

    String text(String name) {
        return values.getOrDefault(name, Objects.requireNonNull(KEYS.get(name), name).fallback());
    }

    Optional<String> optional(String name) {
        return Optional.of(text(name)).filter(value -> !value.isEmpty());
    }

    /** The value if it was set; else the default, but no more than the maximum. */
    long numberUpTo(String name, long least, long most) {
        return values.containsKey(name)
                ? number(name, least, most)
                : Math.min(number(name, least, Long.MAX_VALUE), most);
    }

    /** As {@link #numberUpTo}. */
    double secondsUpTo(String name, double least, double most) {
        return values.containsKey(name)
                ? seconds(name, least, most)
                : Math.min(seconds(name, least, Double.MAX_VALUE), most);
    }

    int integer(String name, int least, int most) {
        return Math.toIntExact(number(name, least, most));
    }

    long number(String name, long least, long most) {
        String value = text(name);
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, with the bounds
        }
        return problem(name, "must be a whole number from " + least + " to " + most, value, least);
    }

    double seconds(String name, double least, double most) {
        String value = text(name);
        try {
            double number = Double.parseDouble(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, with the bounds
        }
        return problem(name, "must be seconds from " + least + " to " + most, value, least);
    }

    boolean flag(String name) {
        String value = text(name);
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> problem(name, "must be true or false", value, false);
        };
    }

    String oneOf(String name, Set<String> words) {
        String value = text(name);
        return words.contains(value)
                ? value
                : problem(name, "must be one of " + new java.util.TreeSet<>(words), value, value);
    }

    String matching(String name, String pattern, String bound) {
        String value = text(name);
        return value.matches(pattern) ? value : problem(name, bound, value, value);
    }

    /** The first of a key is told: what stands in its place is no value of the operator's. */
    <T> T problem(String name, String bound, String value, T instead) {
        if (!wrong.add(name)) {
            return instead;
        }
        problems.add(
                name
                        + " ("
                        + Objects.requireNonNull(KEYS.get(name), name).variable()
                        + "): "
                        + bound
                        + ", but is '"
                        + value
                        + "'");
        return instead;
    }

    void throwIfWrong() throws ConfigException {
        if (!problems.isEmpty()) {
            throw new ConfigException(List.copyOf(problems));
        }
    }
}
