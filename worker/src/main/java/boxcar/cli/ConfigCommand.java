package boxcar.cli;

import boxcar.config.ConfigFile;
import picocli.CommandLine.Command;

/** Prints every key of the configuration. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Prints the configuration file, every key with meaning and default.")
final class ConfigCommand implements Runnable {
    @Override
    public void run() {
        System.out.print(ConfigFile.text());
    }
}
