package boxcar.cli;

import boxcar.config.Config;
import boxcar.files.Trees;
import boxcar.sandbox.Sandboxes;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which sandbox engines a benchmark measures. */
final class BenchEngines {
    @Option(
            names = "--engine",
            split = ",",
            defaultValue = "auto",
            description =
                    "isolate, runc, several of them, auto or all (each that works here); default:"
                            + " ${DEFAULT-VALUE}.")
    private List<String> wanted = List.of("auto");

    /** As workers are told. */
    List<String> list() throws Exception {
        for (String engine : wanted) {
            if (!List.of("isolate", "runc", "auto", "all").contains(engine)) {
                throw new UsageException(
                        "--engine: '" + engine + "' must be isolate, runc, auto or all");
            }
        }
        return wanted.contains("all") ? present() : List.copyOf(wanted);
    }

    /** Each engine that works here, tried for real. */
    static List<String> present() throws Exception {
        Path state = Files.createTempDirectory("boxcar-bench-");
        try {
            Map<String, String> environment = new HashMap<>(System.getenv());
            environment.put("BOXCAR_STATE", state.toString());
            Config config = Config.read(Optional.empty(), environment);
            List<String> found =
                    Sandboxes.present(Setup.sandbox(config)).stream()
                            .filter(present -> present.engine() != null)
                            .map(Sandboxes.Present::name)
                            .toList();
            if (found.isEmpty()) {
                throw new IOException("no sandbox engine works here; see boxcar doctor");
            }
            return found;
        } finally {
            Peace.keep(() -> Trees.delete(state));
        }
    }

    /** What every point tells: what it is, and how busy the machine was. */
    static ObjectNode point(BenchKind kind, String engine) throws IOException {
        String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
        return BenchStand.object()
                .put("bench", kind.word())
                .put("engine", engine)
                .put("cores", Runtime.getRuntime().availableProcessors())
                .put("load", Double.parseDouble(load));
    }

    /** Checks a number of the command line. */
    static void atLeast(String option, double least, double value) {
        if (!(value >= least)) {
            throw new UsageException(
                    "%s: %s must be %s or more".formatted(option, plain(value), plain(least)));
        }
    }

    private static String plain(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }
}
