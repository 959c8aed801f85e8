package boxcar.job;

/** Which command of a job a stage is; operators set limits and network for each kind. */
public enum StageKind {
    INSTALL,
    COMPILE,
    RUN
}
