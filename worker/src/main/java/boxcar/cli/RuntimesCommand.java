package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.BoxcarClient;
import boxcar.intake.CatalogueCodec;
import boxcar.intake.UnreadableValue;
import boxcar.job.CatalogueRecord;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the runtimes of the cluster. */
@Command(
        name = "runtimes",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the runtimes of the cluster.",
            "They are read from the catalogue's log; it waits for no installation.",
        })
final class RuntimesCommand implements Callable<Integer> {
    @Mixin private final Setup setup = new Setup();

    @Option(names = "--json", description = "Print each runtime as one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        Map<Long, CatalogueRecord.Installed> runtimes = new TreeMap<>();
        try (BoxcarClient client = Setup.client(config)) {
            for (BoxcarClient.Raw raw : client.catalogue()) {
                try {
                    follow(runtimes, raw.offset(), CatalogueCodec.decode(raw.value()));
                } catch (UnreadableValue e) {
                    if (e.isNewer()) {
                        System.err.printf(
                                "boxcar: the record at offset %d is not shown: %s; update boxcar%n",
                                raw.offset(), e.getMessage());
                    }
                }
            }
        }
        if (json) {
            runtimes.forEach((id, runtime) -> System.out.println(toJson(id, runtime)));
        } else {
            table(runtimes);
        }
        return Exit.WELL;
    }

    /** As every replica does: the first of a name wins. */
    private static void follow(
            Map<Long, CatalogueRecord.Installed> runtimes, long offset, CatalogueRecord entry) {
        switch (entry) {
            case CatalogueRecord.Installed installed -> {
                String name = installed.definition().name();
                if (runtimes.values().stream()
                        .noneMatch(known -> known.definition().name().equals(name))) {
                    runtimes.put(offset, installed);
                }
            }
            case CatalogueRecord.Removed removed -> runtimes.remove(removed.runtimeId());
        }
    }

    private static ObjectNode toJson(long id, CatalogueRecord.Installed runtime) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("name", runtime.definition().name())
                .put("source_file_name", runtime.definition().sourceFileName())
                .put("compiled", runtime.definition().compileScript() != null)
                .put("digest", runtime.digest())
                .put("job_id", runtime.jobId())
                .put("installed_at", runtime.installedAt().toString());
    }

    private static void table(Map<Long, CatalogueRecord.Installed> runtimes) {
        if (runtimes.isEmpty()) {
            System.out.println(
                    "No runtime is installed. Try: boxcar install examples/runtimes/perl.json --wait");
            return;
        }
        Table table = new Table("ID", "NAME", "SOURCE FILE", "COMPILED", "INSTALLED");
        runtimes.forEach((id, runtime) ->
                table.row(
                        Long.toString(id),
                        runtime.definition().name(),
                        runtime.definition().sourceFileName(),
                        runtime.definition().compileScript() == null ? "no" : "yes",
                        runtime.installedAt().toString()));
        table.print(System.out);
    }
}
