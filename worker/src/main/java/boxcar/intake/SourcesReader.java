package boxcar.intake;

import boxcar.job.Job.SourceFile;
import boxcar.job.Job.Sources;
import boxcar.job.Rejection;
import boxcar.schema.ExecuteJob;
import boxcar.schema.File;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of a program: {@code source_code}, {@code files} and {@code zip}. Whether a file has
 * the name that the runtime gives to the source is checked by the engine, which knows the runtime.
 */
final class SourcesReader {
    private final JobRules.Caps caps;
    private final PathTree tree = new PathTree();

    SourcesReader(JobRules.Caps caps) {
        this.caps = caps;
    }

    Sources read(ExecuteJob job) throws Refusal {
        ByteBuffer source = job.getSourceCode();
        ByteBuffer zip = job.getZip();
        if (source == null && zip == null && job.getFiles().isEmpty()) {
            throw Refusal.of(
                    Rejection.Code.MISSING,
                    "source_code",
                    "must be given, unless files or zip are given");
        }
        List<SourceFile> files = files(job.getFiles());
        if (zip != null) {
            files.addAll(new ZipSource(tree, caps).unpack(zip));
        }
        byte[] code = source == null ? null : bytes(source);
        long size = files.stream().mapToLong(file -> file.content().length).sum();
        size += code == null ? 0 : code.length;
        if (size > caps.sourceKib() * 1024L) {
            throw tooLarge(files.isEmpty() ? "source_code" : "files", (size + 1023) / 1024);
        }
        return new Sources(code, files);
    }

    private Refusal tooLarge(String field, long kib) {
        String bound =
                "must have at most " + caps.sourceKib() + " kilobytes with all other sources";
        return new Refusal(
                new Rejection(
                        Rejection.Code.ABOVE_MAXIMUM,
                        field,
                        Long.toString(kib),
                        bound,
                        Rejection.Range.upTo(caps.sourceKib(), "kilobytes"),
                        "%s %s, but they have %d".formatted(field, bound, kib)));
    }

    private List<SourceFile> files(List<File> asked) throws Refusal {
        TextRules.atMost("files", asked.size(), caps.files(), "files");
        List<SourceFile> files = new ArrayList<>(asked.size());
        for (File file : asked) {
            String field = FieldPath.item("files", files.size()) + ".path";
            tree.addFile(field, file.getPath());
            files.add(
                    new SourceFile(
                            file.getPath(), bytes(file.getContent()), file.getExecutable(), field));
        }
        return files;
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
