package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Fault;
import boxcar.job.Job.SourceFile;
import boxcar.job.Job.Sources;

/** Puts a job's sources into a work directory. */
final class SourceTree {
    private SourceTree() {}

    /** Files of the job must not collide with the source, whose name only the runtime knows. */
    static void check(Sources sources, String sourceFileName) throws Rejected {
        if (sources.sourceCode() == null) {
            return;
        }
        for (SourceFile file : sources.files()) {
            if (file.path().equals(sourceFileName)
                    || file.path().startsWith(sourceFileName + "/")) {
                throw new Rejected(
                        file.field(),
                        file.path(),
                        "must not collide with source_code, which this runtime calls '"
                                + sourceFileName
                                + "'");
            }
        }
    }

    static void write(Sources sources, String sourceFileName, WorkDirectory work) throws Fault {
        if (sources.sourceCode() != null) {
            work.write(sourceFileName, sources.sourceCode(), false);
        }
        for (SourceFile file : sources.files()) {
            work.write(file.path(), file.content(), file.executable());
        }
    }
}
