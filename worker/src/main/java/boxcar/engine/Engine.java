package boxcar.engine;

import boxcar.job.Cancellation;
import boxcar.job.Catalogue;
import boxcar.job.CatalogueLog;
import boxcar.job.Fault;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.JobRunner;
import boxcar.job.LanguageRuntime;
import boxcar.job.Progress;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import boxcar.job.Workshop;

/** The door of this room: runs any job. */
public final class Engine implements JobRunner {
    private final Room room;
    private final Workshop workshop;

    /**
     * Empties the work directories that an earlier life of this replica left.
     *
     * @throws Fault if that cannot be done
     */
    public Engine(
            EngineSettings settings,
            Sandbox sandbox,
            Workshop workshop,
            Catalogue catalogue,
            CatalogueLog log,
            Telemetry telemetry)
            throws Fault {
        this.workshop = workshop;
        this.room =
                new Room(
                        settings,
                        new WorkDirectories(settings.work(), sandbox, telemetry),
                        new StageRunner(sandbox, telemetry),
                        new RuntimeLookup(catalogue, log),
                        catalogue,
                        log);
    }

    @Override
    public JobResult run(Job job, Progress progress, Cancellation cancellation)
            throws Fault, InterruptedException {
        if (cancellation.isCancelled()) {
            return JobResult.cancelled();
        }
        try {
            return switch (job) {
                case Job.Install install ->
                        new Installation(install, room, progress, cancellation).run(workshop);
                case Job.Remove remove -> new Removal(room).run(remove);
                case Job.Execute execute ->
                        new Execution(
                                        execute,
                                        room.settings(),
                                        room.directories(),
                                        room.stages(),
                                        cancellation)
                                .run(runtime(execute), workshop);
            };
        } catch (Rejected rejected) {
            return JobResult.rejected(rejected.rejection());
        }
    }

    private LanguageRuntime runtime(Job.Execute execute)
            throws Rejected, Fault, InterruptedException {
        try (var _ = room.stages().telemetry().begin("runtime")) {
            return room.lookup().require(execute.runtime());
        }
    }

    /** What every job uses. */
    record Room(
            EngineSettings settings,
            WorkDirectories directories,
            StageRunner stages,
            RuntimeLookup lookup,
            Catalogue catalogue,
            CatalogueLog log) {}
}
