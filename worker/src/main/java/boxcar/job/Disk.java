package boxcar.job;

import java.nio.file.Path;

/**
 * An empty folder for the files of one job, whose sum and number are bounded, whatever writes into
 * it. Closing it throws away all that is in it and gives it back.
 */
public interface Disk extends AutoCloseable {
    /**
     * Files and folders that it holds at most. Each takes the worker a tenth of a millisecond or
     * more to give to a box, to copy and to delete.
     */
    int MOST_FILES = 16_384;

    /** The folder; a job's stages see it as their work directory. */
    Path path();

    @Override
    void close();
}
