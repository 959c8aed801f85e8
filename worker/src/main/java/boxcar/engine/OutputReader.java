package boxcar.engine;

import boxcar.engine.Execution.OutputFiles;
import boxcar.files.Found;
import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.job.JobResult.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the files that a job asked for from a directory that hostile code has left, within a
 * budget.
 */
final class OutputReader {
    private final Path root;
    private long left;
    private final List<OutputFile> found = new ArrayList<>();
    private final Map<String, String> missing = new HashMap<>();

    OutputReader(Path root, long budgetBytes) {
        this.root = root;
        this.left = budgetBytes;
    }

    OutputFiles read(List<String> paths) throws Fault {
        for (String path : paths) {
            try {
                read(path);
            } catch (IOException e) {
                throw WorkDirectories.failed("cannot read output file " + path, e);
            }
        }
        return new OutputFiles(found, missing);
    }

    private void read(String path) throws IOException {
        switch (Trees.read(root, path, left)) {
            case Found.Content(byte[] bytes, boolean executable) -> {
                left -= bytes.length;
                found.add(new OutputFile(path, bytes, executable));
            }
            case Found.Absent _ -> missing.put(path, "absent");
            case Found.NotRegular _ -> missing.put(path, "not a regular file");
            case Found.TooLarge(long size) ->
                    missing.put(
                            path,
                            size + " bytes are more than the " + left + " that may still be sent");
        }
    }
}
