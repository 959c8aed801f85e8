package boxcar.intake;

import boxcar.job.Job;

/** The topics that carry jobs, and what a record there is when it does not name its type. */
public enum JobTopic {
    INSTALL(Job.Kind.INSTALL, "must be InstallJob or RemoveRuntimeJob on this topic"),
    EXECUTE(Job.Kind.EXECUTE, "must be ExecuteJob on this topic");

    private final Job.Kind standard;
    private final String bound;

    JobTopic(Job.Kind standard, String bound) {
        this.standard = standard;
        this.bound = bound;
    }

    /** What a record is that does not say it. */
    Job.Kind standard() {
        return standard;
    }

    /** Which types are carried, for a rejection. */
    String bound() {
        return bound;
    }

    boolean carries(Job.Kind kind) {
        return switch (this) {
            case INSTALL -> kind == Job.Kind.INSTALL || kind == Job.Kind.REMOVE;
            case EXECUTE -> kind == Job.Kind.EXECUTE;
        };
    }
}
