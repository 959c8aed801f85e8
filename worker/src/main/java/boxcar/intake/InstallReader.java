package boxcar.intake;

import static boxcar.intake.SourcesReader.bytes;

import boxcar.job.Job;
import boxcar.job.Limits;
import boxcar.job.RuntimeDefinition;
import boxcar.job.StageKind;
import boxcar.schema.InstallJob;
import boxcar.schema.RemoveRuntimeJob;
import org.jspecify.annotations.Nullable;

/**
 * Checks an installation or a removal, in the order of its fields, and says it in the words of the
 * job room.
 */
final class InstallReader {
    private final JobRules rules;

    InstallReader(JobRules rules) {
        this.rules = rules;
    }

    Job.Install read(InstallJob job, String digest) throws Refusal {
        RuntimeDefinition definition =
                new RuntimeDefinition(
                        TextRules.name("name", job.getName()),
                        TextRules.plainFileName("source_file_name", job.getSourceFileName()),
                        TextRules.script("nix_shell", job.getNixShell()),
                        TextRules.scriptOrNull("compile_script", job.getCompileScript()),
                        TextRules.script("run_script", job.getRunScript()),
                        limits(job.getLimits()));
        return new Job.Install(job.getJobId(), digest, definition, check(job.getCheck()));
    }

    private Limits limits(boxcar.schema.@Nullable Limits asked) throws Refusal {
        return new LimitsReader(
                        "limits", rules.standard(StageKind.INSTALL), rules.most(StageKind.INSTALL))
                .read(asked);
    }

    static Job.Remove read(RemoveRuntimeJob job, String digest) throws Refusal {
        return new Job.Remove(
                job.getJobId(),
                digest,
                ExecuteReader.runtime(job.getRuntimeId(), job.getRuntime()));
    }

    private static Job.@Nullable Check check(boxcar.schema.@Nullable Check asked) {
        return asked == null
                ? null
                : new Job.Check(
                        bytes(asked.getSourceCode()),
                        bytes(asked.getStdin()),
                        expected(asked.getExpected()));
    }

    static Job.Expected expected(boxcar.schema.Expected asked) {
        return new Job.Expected(
                bytes(asked.getStdout()), Job.MatchMode.valueOf(asked.getMatch().name()));
    }
}
