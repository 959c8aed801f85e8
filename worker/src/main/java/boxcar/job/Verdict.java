package boxcar.job;

/** What an ending means; the engine says so. The words are those of the wire. */
public enum Verdict {
    OK,
    WRONG_ANSWER,
    COMPILE_ERROR,
    RUNTIME_ERROR,
    CRASHED,
    CPU_TIME_LIMIT,
    WALL_TIME_LIMIT,
    MEMORY_LIMIT,
    OUTPUT_LIMIT,
    FILE_SIZE_LIMIT,
    CANCELLED
}
