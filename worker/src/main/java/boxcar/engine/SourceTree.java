package boxcar.engine;

import boxcar.engine.WorkDirectories.WorkDirectory;
import boxcar.job.Fault;
import boxcar.job.Job.SourceFile;
import boxcar.job.Job.Sources;
import boxcar.job.Rejection;

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
                        new Rejection(
                                        Rejection.Code.CONFLICT,
                                        file.field(),
                                        file.path(),
                                        "must not be '" + sourceFileName + "' or below it")
                                .sayingThatItsValue(
                                        "is in the way of source_code, which this runtime puts into '"
                                                + sourceFileName
                                                + "'"));
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
