package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Cancellation;
import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobResult.StageResult;
import boxcar.job.LanguageRuntime;
import boxcar.job.Progress;
import boxcar.job.Progress.Tag;
import boxcar.job.Rejection;
import boxcar.job.RuntimeDefinition;
import boxcar.job.StageKind;
import boxcar.job.Verdict;
import boxcar.job.Workshop;
import boxcar.job.Workshop.Staged;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Carries out one install job: make the runtime here, run its check, write it into the catalogue's
 * log, and see whether the log gave us the name. Until that record is written nothing is left
 * behind; once it is, a second attempt finds it by the job's id and installs nothing again.
 */
final class Installation {
    private final Job.Install job;
    private final EngineSettings settings;
    private final WorkDirectories directories;
    private final StageRunner stages;
    private final RuntimeLookup lookup;
    private final Catalogue catalogue;
    private final CatalogueLog log;
    private final Progress progress;
    private final Cancellation cancellation;

    Installation(Job.Install job, Engine.Room room, Progress progress, Cancellation cancellation) {
        this.job = job;
        this.settings = room.settings();
        this.directories = room.directories();
        this.stages = room.stages();
        this.lookup = room.lookup();
        this.catalogue = room.catalogue();
        this.log = room.log();
        this.progress = progress;
        this.cancellation = cancellation;
    }

    JobResult run(Workshop workshop) throws Rejected, Fault, InterruptedException {
        RuntimeDefinition definition = job.definition();
        lookup.catchUp();
        Optional<LanguageRuntime> known = catalogue.find(definition.name());
        if (known.isPresent()) {
            return alreadyThere(known.get(), null, workshop);
        }
        FirstLineCheck.beforeBuild(definition);
        progress.line(Tag.HEADING, "Installing " + definition.name());
        long start = System.nanoTime();
        Workshop.Built built = workshop.build(definition, progress, cancellation);
        StageResult install =
                stages.judged(
                        StageKind.INSTALL,
                        built.ending(),
                        Duration.ofNanos(System.nanoTime() - start));
        if (built.refused() != null) {
            throw new Rejected(built.refused());
        }
        try (Staged staged = built.staged()) {
            if (install.verdict() != Verdict.OK || staged == null) {
                progress.line(Tag.NOTE, "The installation ended with " + install.verdict());
                return result(notInstalled(install), install, null, null, null);
            }
            new FirstLineCheck(settings, directories, stages)
                    .inTheBox(definition, staged.home(), cancellation);
            return checkAndPublish(install, staged, workshop);
        }
    }

    /** An environment that ended well but left nothing we can read is the expression's doing. */
    private static Verdict notInstalled(StageResult install) {
        return install.verdict() == Verdict.OK ? Verdict.RUNTIME_ERROR : install.verdict();
    }

    private JobResult checkAndPublish(StageResult install, Staged staged, Workshop workshop)
            throws Rejected, Fault, InterruptedException {
        Job.Check check = job.check();
        StageResult compile = null;
        StageResult run = null;
        if (check != null) {
            progress.line(Tag.HEADING, "Checking " + job.definition().name());
            try (WorkDirectory work = directories.create()) {
                work.write(job.definition().sourceFileName(), check.sourceCode(), false);
                Program program = new Program(staged.home(), Map.of(), settings);
                if (job.definition().compileScript() != null) {
                    compile =
                            stages.run(
                                    program.compile(work, settings.checkCompile()), cancellation);
                    if (compile.verdict() != Verdict.OK) {
                        return result(
                                failedCheck(compile.verdict(), true), install, compile, null, null);
                    }
                }
                StageRunner.Compared checked =
                        stages.run(
                                program.run(work, settings.checkRun(), List.of(), check.stdin()),
                                check.expected(),
                                cancellation);
                run = checked.result();
                if (checked.verdict() != Verdict.OK) {
                    return result(
                            failedCheck(checked.verdict(), false), install, compile, run, null);
                }
            }
        }
        if (cancellation.isCancelled()) {
            return result(Verdict.CANCELLED, install, compile, run, null);
        }
        return publish(install, compile, run, staged, workshop);
    }

    private Verdict failedCheck(Verdict verdict, boolean compiling) {
        progress.line(Tag.NOTE, "The check ended with " + verdict + "; nothing is installed");
        return compiling && verdict != Verdict.CANCELLED ? Verdict.COMPILE_ERROR : verdict;
    }

    private JobResult publish(
            StageResult install,
            @Nullable StageResult compile,
            @Nullable StageResult run,
            Staged staged,
            Workshop workshop)
            throws Rejected, Fault, InterruptedException {
        staged.offer(job.id());
        long offset =
                log.append(
                        new CatalogueRecord.Installed(
                                job.definition(),
                                DefinitionDigest.of(job.definition()),
                                job.id(),
                                settings.clock().instant()));
        catalogue.awaitFollowed(offset + 1);
        Optional<LanguageRuntime> winner = catalogue.find(job.definition().name());
        if (winner.isEmpty()) {
            throw new Rejected(
                    new Rejection(
                                    Rejection.Code.REMOVED_MEANWHILE,
                                    "name",
                                    job.definition().name(),
                                    "must not be removed while it is installed")
                            .sayingThatItsValue("was removed while it was being installed"));
        }
        if (winner.get().id() != offset) {
            return alreadyThere(winner.get(), install, workshop);
        }
        return installed(
                winner.get(), result(Verdict.OK, install, compile, run, winner.get()), workshop);
    }

    /** The name is in the catalogue: by this very job, delivered again, or by another. */
    private JobResult alreadyThere(
            LanguageRuntime runtime, @Nullable StageResult install, Workshop workshop)
            throws Rejected, Fault, InterruptedException {
        if (!runtime.jobId().equals(job.id())) {
            throw new Rejected(
                    new Rejection(
                                    Rejection.Code.NAME_TAKEN,
                                    "name",
                                    runtime.name(),
                                    "must not be the name of an installed runtime")
                            .sayingThatItsValue("is taken by runtime " + runtime.id()));
        }
        return installed(runtime, result(Verdict.OK, install, null, null, runtime), workshop);
    }

    /** Answers once the runtime is ready on this host. */
    private JobResult installed(LanguageRuntime runtime, JobResult result, Workshop workshop)
            throws Fault, InterruptedException {
        workshop.borrow(runtime.id()).close();
        progress.line(Tag.NOTE, "Installed as runtime " + runtime.id());
        return result;
    }

    private JobResult result(
            Verdict verdict,
            @Nullable StageResult install,
            @Nullable StageResult compile,
            @Nullable StageResult run,
            @Nullable LanguageRuntime runtime) {
        return new JobResult(
                Execution.outcome(verdict),
                verdict,
                runtime == null ? null : runtime.id(),
                job.definition().name(),
                null,
                null,
                install,
                compile,
                run,
                List.of(),
                List.of(),
                Map.of());
    }
}
