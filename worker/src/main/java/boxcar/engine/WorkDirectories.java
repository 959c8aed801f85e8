package boxcar.engine;

import boxcar.files.Trees;
import boxcar.job.Cancellation;
import boxcar.job.Disk;
import boxcar.job.Fault;
import boxcar.job.Sandbox;
import boxcar.job.Telemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The work directories of running jobs: bounded by the sandbox, empty at first, and deleted as what
 * hostile code left behind.
 */
final class WorkDirectories {
    private final Sandbox sandbox;
    private final Telemetry telemetry;

    /** Empties what an earlier life of this replica left. */
    WorkDirectories(Path root, Sandbox sandbox, Telemetry telemetry) throws Fault {
        this.sandbox = sandbox;
        this.telemetry = telemetry;
        try {
            Trees.delete(root);
            Files.createDirectories(root);
        } catch (IOException e) {
            throw new Fault("work-directory", Fault.Next.TRY_ELSEWHERE, "cannot empty " + root, e);
        }
    }

    WorkDirectory create() throws Fault, InterruptedException {
        try (var _ = telemetry.begin("work-directory")) {
            return new WorkDirectory(sandbox.disk(), telemetry);
        }
    }

    /**
     * A copy of what a stage left, for a run that must not change it.
     *
     * @return null if the copy takes more room than a work directory has: holes and files with many
     *     names take theirs only in the copy; or if the job was cancelled meanwhile
     */
    @Nullable WorkDirectory copyOf(WorkDirectory original, Cancellation cancellation)
            throws Fault, InterruptedException {
        WorkDirectory copy = create();
        try (var _ = telemetry.begin("work-directory")) {
            if (Trees.copyInto(
                    original.path(),
                    copy.path(),
                    () -> cancellation.isCancelled() || Thread.currentThread().isInterrupted())) {
                return copy;
            }
            copy.close();
            if (Thread.interrupted()) {
                throw new InterruptedException("while a work directory was copied");
            }
            return null;
        } catch (IOException e) {
            try (copy) {
                if (Trees.isFull(copy.path())) {
                    return null;
                }
            } catch (IOException unknown) {
                e.addSuppressed(unknown);
            }
            throw failed("cannot copy a work directory", e);
        }
    }

    static Fault failed(String what, IOException e) {
        return new Fault("work-directory", Fault.Next.RETRY_HERE, what, e);
    }

    /** One work directory; closing it deletes it. */
    record WorkDirectory(Disk disk, Telemetry telemetry) implements AutoCloseable {
        Path path() {
            return disk.path();
        }

        void write(String relative, byte[] content, boolean executable) throws Fault {
            try {
                Trees.write(path(), relative, content, executable);
            } catch (IOException e) {
                throw failed("cannot write a source file", e);
            }
        }

        @Override
        public void close() {
            try (var _ = telemetry.begin("clean-up")) {
                disk.close();
            }
        }
    }
}
