package boxcar.engine;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.job.Telemetry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work directories of running jobs: made anew, and deleted as what hostile code left behind.
 */
final class WorkDirectories {
    private static final Logger LOG = LoggerFactory.getLogger(WorkDirectories.class);
    private final Path root;
    private final Telemetry telemetry;

    /** Empties what an earlier life of this replica left. */
    WorkDirectories(Path root, Telemetry telemetry) throws Fault {
        this.root = root;
        this.telemetry = telemetry;
        try {
            Trees.delete(root);
            Files.createDirectories(root);
        } catch (IOException e) {
            throw new Fault("work-directory", Fault.Next.TRY_ELSEWHERE, "cannot empty " + root, e);
        }
    }

    WorkDirectory create() throws Fault {
        try {
            return new WorkDirectory(
                    Files.createDirectory(root.resolve(UUID.randomUUID().toString())), telemetry);
        } catch (IOException e) {
            throw failed("cannot make a work directory", e);
        }
    }

    /** A copy of what a stage left, for a run that must not change it. */
    WorkDirectory copyOf(WorkDirectory original) throws Fault {
        Path copy = root.resolve(UUID.randomUUID().toString());
        try {
            Trees.copy(original.path, copy);
            return new WorkDirectory(copy, telemetry);
        } catch (IOException e) {
            throw failed("cannot copy a work directory", e);
        }
    }

    static Fault failed(String what, IOException e) {
        return new Fault("work-directory", Fault.Next.RETRY_HERE, what, e);
    }

    /** One work directory; closing it deletes it. */
    record WorkDirectory(Path path, Telemetry telemetry) implements AutoCloseable {
        void write(String relative, byte[] content, boolean executable) throws Fault {
            try {
                Trees.write(path, relative, content, executable);
            } catch (IOException e) {
                throw failed("cannot write a source file", e);
            }
        }

        @Override
        public void close() {
            try (var _ = telemetry.begin("clean-up")) {
                Trees.delete(path);
            } catch (IOException e) {
                LOG.warn("{} stays until the next start: {}", path, e.toString());
            }
        }
    }
}
