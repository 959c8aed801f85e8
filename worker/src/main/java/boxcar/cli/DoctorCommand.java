package boxcar.cli;

import boxcar.config.Config;
import boxcar.intake.Finding;
import boxcar.intake.Finding.Level;
import boxcar.intake.Topics;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says what this host has and lacks. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Says what this host has and lacks for a worker, and how to mend each.",
            "Looks at the JDK, privileges, sandbox engines (each is tried for real), Nix, the box range, Kafka and its",
            "topics, disk space. Shows no secret. Exit status 0 only if a worker would start.",
        })
final class DoctorCommand implements Callable<Integer> {
    @Mixin private final Setup setup = new Setup();

    @Option(names = "--json", description = "Print each finding as one line of JSON.")
    private boolean json;

    @Option(names = "--no-kafka", description = "Look at this host only.")
    private boolean noKafka;

    @Override
    public Integer call() throws Exception {
        Config config = setup.config();
        List<Finding> findings = new ArrayList<>(new HostCheck(config).findings());
        if (!noKafka) {
            findings.addAll(new Topics(Setup.intake(config)).check());
        }
        findings.forEach(this::print);
        boolean well = findings.stream().noneMatch(finding -> finding.level() == Level.BAD);
        if (!json) {
            System.out.println(
                    well ? "A worker would start here." : "A worker would not start here.");
        }
        return well ? Exit.WELL : Exit.NOT_WELL;
    }

    private void print(Finding finding) {
        if (json) {
            ObjectNode node =
                    JsonNodeFactory.instance
                            .objectNode()
                            .put("subject", finding.subject())
                            .put("level", finding.level().name())
                            .put("message", finding.message())
                            .put("mend", finding.mend());
            System.out.println(node);
            return;
        }
        String mark =
                switch (finding.level()) {
                    case OK -> "ok  ";
                    case WARN -> "warn";
                    case BAD -> "BAD ";
                };
        System.out.println(mark + "  " + finding.subject() + ": " + finding.message());
        if (finding.mend() != null) {
            System.out.println("      mend: " + finding.mend());
        }
    }
}
