package boxcar.intake;

import boxcar.job.Captured;
import boxcar.job.JobResult;
import boxcar.job.JobResult.StageResult;
import boxcar.job.JobResult.TestResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How large the outputs and files of a result are in its record, told without writing it. In JSON a
 * byte may become six: a result that fits is many times larger when it is written whole.
 */
final class ResultSize {
    private static final int ESCAPED = 6;
    private static final int SHORTLY_ESCAPED = 2;
    private static final int BASE64 = "{\"base64\":\"\"}".length();

    private final Format format;
    private final int most;

    private ResultSize(Format format, int most) {
        this.format = format;
        this.most = most;
    }

    /** The same result without outputs and files that have no place in so many bytes. */
    static JobResult bounded(JobResult result, Format format, int most) {
        return new ResultSize(format, most).bounded(result);
    }

    /** Bytes of outputs and files as they are. */
    static long contents(JobResult result) {
        return outputs(result).stream().mapToLong(output -> output.bytes().length).sum()
                + result.outputFiles().stream().mapToLong(file -> file.content().length).sum();
    }

    private JobResult bounded(JobResult result) {
        long worst = format == Format.AVRO ? 1 : ESCAPED;
        if (contents(result) * worst <= most) {
            return result;
        }
        List<Captured> outputs = outputs(result);
        int count =
                largest(
                        result.outputFiles().size(),
                        kept -> {
                            JobResult smaller = SmallerResult.keepFiles(result, kept);
                            return size(outputs, most) + files(smaller) <= most;
                        });
        JobResult smaller =
                count == result.outputFiles().size()
                        ? result
                        : SmallerResult.keepFiles(result, count);
        if (size(outputs, most) + files(smaller) <= most) {
            return smaller;
        }
        int length = largest(most, middle -> size(outputs, middle) <= most);
        return SmallerResult.cutOutputs(smaller, length);
    }

    /** The largest number up to a bound that holds; 0 if none does. */
    private static int largest(int bound, IntPredicate holds) {
        if (holds.test(bound)) {
            return bound;
        }
        int low = 0;
        int high = bound;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (holds.test(middle)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private static List<Captured> outputs(JobResult result) {
        List<Captured> outputs = new ArrayList<>();
        Stream<@Nullable StageResult> stages =
                Stream.concat(
                        Stream.of(result.install(), result.compile(), result.run()),
                        result.tests().stream().map(TestResult::run));
        stages.forEach(stage -> {
            if (stage != null) {
                outputs.add(stage.ending().stdout());
                outputs.add(stage.ending().stderr());
            }
        });
        return outputs;
    }

    private long files(JobResult result) {
        return result.outputFiles().stream()
                .mapToLong(file -> size(file.content(), file.content().length))
                .sum();
    }

    /** Of outputs that are cut to this length. */
    private long size(List<Captured> outputs, int length) {
        return outputs.stream()
                .mapToLong(output -> size(output.bytes(), Math.min(length, output.bytes().length)))
                .sum();
    }

    private long size(byte[] bytes, int length) {
        if (format == Format.AVRO) {
            return length;
        }
        int whole = Utf8.wholeLength(bytes, length);
        return Utf8.isValid(bytes, 0, whole)
                ? escaped(bytes, whole)
                : BASE64 + (length + 2L) / 3 * 4;
    }

    private static long escaped(byte[] bytes, int length) {
        long size = 0;
        for (int i = 0; i < length; i++) {
            size +=
                    switch (bytes[i]) {
                        case '"', '\\', '\b', '\t', '\n', '\f', '\r' -> SHORTLY_ESCAPED;
                        default -> bytes[i] >= 0 && bytes[i] < ' ' ? ESCAPED : 1;
                    };
        }
        return size;
    }
}
