package boxcar.intake;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

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

    /** What a person can do about a refusal; null where we know nothing better than its words. */
    static @Nullable String mend(Throwable failure) {
        for (Throwable t = failure; t != null; t = t.getCause()) {
            switch (t) {
                case SslAuthenticationException _ -> {
                    return "check kafka.ssl.truststore.location, .type and .password (the broker's"
                            + " certificate must be signed by one in it, for the name in"
                            + " kafka.bootstrap.servers), and kafka.ssl.keystore.* if the broker"
                            + " asks for ours";
                }
                case AuthenticationException _ -> {
                    return "check user and password in kafka.sasl.jaas.config, and"
                            + " kafka.sasl.mechanism";
                }
                case AuthorizationException _ -> {
                    return "give our user the ACL; docs/operations.md, Access, lists all of them";
                }
                default -> {}
            }
        }
        return null;
    }

    /** What went wrong and, where we know it, what to do: still one line. */
    static String sayAndMend(Throwable failure) {
        String mend = mend(failure);
        return mend == null ? say(failure) : say(failure) + ". Mend: " + mend;
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
