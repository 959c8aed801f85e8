package boxcar.config;

/** The documented configuration file: every key with its meaning and default, commented out. */
public final class ConfigFile {
    private static final int WIDTH = 100;

    private ConfigFile() {}

    /** The text of {@code ops/boxcar.properties}. */
    public static String text() {
        StringBuilder text =
                new StringBuilder(
                        """
                        # Boxcar's configuration. Each line shows a default; take the '#' away to change it.
                        # The environment is stronger: BOXCAR_METRICS_PORT is metrics.port.
                        # Every setting of Kafka's clients may be given after 'kafka.', for example:
                        #   kafka.security.protocol=SASL_SSL
                        #   kafka.sasl.mechanism=SCRAM-SHA-512
                        #   kafka.sasl.jaas.config=…    (better: BOXCAR_KAFKA_SASL_JAAS_CONFIG)
                        """);
        for (Key key : Key.ALL) {
            text.append('\n');
            wrap(text, key.meaning());
            text.append('#').append(key.name()).append('=').append(key.fallback()).append('\n');
        }
        return text.toString();
    }

    private static void wrap(StringBuilder text, String meaning) {
        StringBuilder line = new StringBuilder("#");
        for (String word : meaning.split(" ", -1)) {
            if (line.length() + word.length() + 1 > WIDTH) {
                text.append(line).append('\n');
                line.setLength(1);
            }
            line.append(' ').append(word);
        }
        text.append(line).append('\n');
    }
}
