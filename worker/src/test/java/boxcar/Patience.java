package boxcar;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets every test wait for what a busy host takes long for. A test that waits so long hangs: the
 * time judges nothing else. Found by {@code META-INF/services}, so no test names it.
 */
public final class Patience implements BeforeAllCallback {
    /** Awaitility's own is 10 s, which a host with a load of 15 for each processor passes. */
    private static final Duration LONG = Duration.ofSeconds(90);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(LONG);
    }
}
