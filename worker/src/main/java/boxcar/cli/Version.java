package boxcar.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** Which build this is: from the jar's manifest. */
final class Version implements IVersionProvider {
    static String text() {
        return Objects.requireNonNullElse(
                Version.class.getPackage().getImplementationVersion(), "development");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"boxcar " + text()};
    }
}
