package boxcar.intake;

import boxcar.job.CatalogueRecord;
import boxcar.job.Limits;
import boxcar.job.Rejection;
import boxcar.job.RuntimeDefinition;
import boxcar.schema.RuntimeInstalled;
import boxcar.schema.RuntimeRemoved;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads the catalogue's log. What a record means must not depend on the replica that
 * reads it: its limits are all there, and no operator's default or maximum is applied.
 */
public final class CatalogueCodec {
    private CatalogueCodec() {}

    /** As Avro. */
    public static byte[] encode(CatalogueRecord entry) {
        return AvroValues.encode(
                switch (entry) {
                    case CatalogueRecord.Installed installed -> record(installed);
                    case CatalogueRecord.Removed(long id, String name, String jobId) ->
                            new RuntimeRemoved(id, name, jobId);
                });
    }

    /**
     * In either format; JSON that does not name its type is a RuntimeInstalled.
     *
     * @throws UnreadableValue if it is no record of the catalogue, or one that no replica could
     *     use, or one that only a newer version can read
     */
    public static CatalogueRecord decode(byte @Nullable [] value) throws UnreadableValue {
        try {
            return switch (Values.read(value, "RuntimeInstalled")) {
                case RuntimeInstalled installed -> entry(installed);
                case RuntimeRemoved removed -> entry(removed);
                default -> throw new UnreadableValue("wrong-record", "it is of another topic");
            };
        } catch (Refusal | IllegalArgumentException e) {
            throw new UnreadableValue("wrong-field", String.valueOf(e.getMessage()));
        }
    }

    private static RuntimeInstalled record(CatalogueRecord.Installed installed) {
        RuntimeDefinition definition = installed.definition();
        return RuntimeInstalled.newBuilder()
                .setName(definition.name())
                .setSourceFileName(definition.sourceFileName())
                .setNixShell(definition.nixShell())
                .setCompileScript(definition.compileScript())
                .setRunScript(definition.runScript())
                .setLimits(record(definition.limits()))
                .setDigest(installed.digest())
                .setJobId(installed.jobId())
                .setInstalledAt(installed.installedAt())
                .build();
    }

    private static boxcar.schema.Limits record(Limits limits) {
        return boxcar.schema.Limits.newBuilder()
                .setWallTime(limits.wallTime().toNanos() / 1e9)
                .setCpuTime(limits.cpuTime().toNanos() / 1e9)
                .setExtraTime(limits.extraTime().toNanos() / 1e9)
                .setMemory(limits.memoryKib())
                .setMaxFileSize(limits.maxFileSizeKib())
                .setMaxOpenFiles(limits.maxOpenFiles())
                .setMaxNumberOfProcesses(limits.maxProcesses())
                .setMaxOutput(limits.maxOutputKib())
                .build();
    }

    private static CatalogueRecord entry(RuntimeInstalled r) throws Refusal {
        return new CatalogueRecord.Installed(
                new RuntimeDefinition(
                        TextRules.name("name", r.getName()),
                        TextRules.plainFileName("source_file_name", r.getSourceFileName()),
                        TextRules.script("nix_shell", r.getNixShell()),
                        TextRules.scriptOrNull("compile_script", r.getCompileScript()),
                        TextRules.script("run_script", r.getRunScript()),
                        limits(r.getLimits())),
                r.getDigest(),
                r.getJobId(),
                r.getInstalledAt());
    }

    private static CatalogueRecord entry(RuntimeRemoved r) {
        return new CatalogueRecord.Removed(r.getRuntimeId(), r.getName(), r.getJobId());
    }

    private static Limits limits(boxcar.schema.Limits limits) throws Refusal {
        return new Limits(
                time("wall_time", limits.getWallTime()),
                time("cpu_time", limits.getCpuTime()),
                time("extra_time", limits.getExtraTime()),
                given("memory", limits.getMemory()),
                given("max_file_size", limits.getMaxFileSize()),
                given("max_open_files", limits.getMaxOpenFiles()),
                given("max_number_of_processes", limits.getMaxNumberOfProcesses()),
                Objects.requireNonNullElse(limits.getMaxOutput(), Limits.FORMER_OUTPUT_KIB));
    }

    private static Duration time(String name, @Nullable Double seconds) throws Refusal {
        double given = given(name, seconds);
        if (!(given >= 0 && given < Integer.MAX_VALUE)) {
            throw Refusal.of("limits." + name, seconds + "", "must be a time");
        }
        return Duration.ofNanos(Math.round(given * 1e9));
    }

    private static <T> T given(String name, @Nullable T value) throws Refusal {
        if (value == null) {
            throw Refusal.of(Rejection.Code.MISSING, "limits." + name, "must be given");
        }
        return value;
    }
}
