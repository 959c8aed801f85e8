package boxcar.config;

import java.util.List;

/**
 * The configuration cannot be used; the message names every key that is wrong and what it may be.
 */
public final class ConfigException extends Exception {
    ConfigException(List<String> problems) {
        super(String.join("\n", problems));
    }
}
