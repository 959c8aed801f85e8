package boxcar.intake;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Tells which failures of Kafka's clients pass by themselves. */
final class KafkaFailures {
    private KafkaFailures() {}

    /** Whether it takes a person: trying again brings the same. */
    static boolean needsAPerson(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t instanceof AuthenticationException
                    || t instanceof AuthorizationException
                    || t instanceof UnsupportedVersionException
                    || t instanceof ConfigException) {
                return true;
            }
        }
        return false;
    }

    /** Whether we are refused: by password, certificate or permission. */
    static boolean isAccess(Throwable failure) {
        return failure instanceof AuthenticationException
                || failure instanceof AuthorizationException;
    }

    /** One line for people, from the innermost cause that says something. */
    static String say(Throwable failure) {
        Throwable told = failure;
        for (Throwable t = failure; t != null; t = t.getCause()) {
            if (t.getMessage() != null && !(t.getClass() == KafkaException.class)) {
                told = t;
            }
        }
        if (mentionsJaas(failure)) {
            // Kafka's own words quote the setting, which holds the password.
            return "sasl.jaas.config is not well formed";
        }
        String message = told.getMessage();
        String name = told.getClass().getSimpleName();
        return message == null
                ? name
                : message.lines().findFirst().orElse(name) + " (" + name + ")";
    }

    private static boolean mentionsJaas(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            String message = String.valueOf(t.getMessage());
            if (message.contains("JAAS config")
                    || message.contains("ogin module control flag")
                    || message.contains("Login module not specified")) {
                return true;
            }
        }
        return false;
    }
}
