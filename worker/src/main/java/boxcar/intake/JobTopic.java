package boxcar.intake;

/** The topics that carry jobs. */
public enum JobTopic {
    /** Installations and removals, which are long. */
    INSTALL,
    /** Executions. */
    EXECUTE
}
