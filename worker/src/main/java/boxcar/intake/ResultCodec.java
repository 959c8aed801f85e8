package boxcar.intake;

import boxcar.job.JobResult;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads the records of the results topic.
 *
 * <p>A record never grows over its bound, for Kafka would refuse it and the job would have no
 * outcome: files are left out first, the largest of them first, then outputs are cut, the longest
 * of them first. The record says so in {@code missing_output_files} and the truncated flags. Safe
 * for many threads.
 *
 * @param format how results are written unless a job asks for another format; either is read
 * @param maxBytes what a written value may measure at most
 */
public record ResultCodec(Format format, int maxBytes) {
    /** Kafka refuses records over 1 MiB by default; the key and headers need room too. */
    public static final int STANDARD_MAX_BYTES = 1_000_000;

    private static final int LEAST = 4096;

    public ResultCodec {
        if (maxBytes < LEAST) {
            throw new IllegalArgumentException("maxBytes must be at least " + LEAST);
        }
    }

    /**
     * @param asked null: in the format of this one
     */
    ResultCodec in(@Nullable Format asked) {
        return asked == null || asked == format ? this : new ResultCodec(asked, maxBytes);
    }

    public byte[] encode(JobResult whatBecame, ResultStamp stamp) {
        JobResult result = ResultSize.bounded(whatBecame, format, maxBytes);
        byte[] whole = write(result, stamp);
        if (whole.length <= maxBytes) {
            return whole;
        }
        return withoutSomeFiles(result, stamp)
                .or(() -> withShorterOutputs(result, stamp))
                .orElseGet(() -> write(tooLarge(), stamp));
    }

    private Optional<byte[]> withoutSomeFiles(JobResult result, ResultStamp stamp) {
        int files = result.outputFiles().size();
        return files == 0
                ? Optional.empty()
                : mostThatFits(files - 1, kept -> SmallerResult.keepFiles(result, kept), stamp);
    }

    private Optional<byte[]> withShorterOutputs(JobResult result, ResultStamp stamp) {
        JobResult bare = SmallerResult.keepFiles(result, 0);
        return mostThatFits(maxBytes, length -> SmallerResult.cutOutputs(bare, length), stamp);
    }

    /** Searches, by halves, for the largest size from 0 to most whose record fits. */
    private Optional<byte[]> mostThatFits(
            int most, IntFunction<JobResult> sized, ResultStamp stamp) {
        Optional<byte[]> best = Optional.empty();
        int low = 0;
        int high = most;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            byte[] value = write(sized.apply(middle), stamp);
            if (value.length <= maxBytes) {
                best = Optional.of(value);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return best;
    }

    private JobResult tooLarge() {
        return JobResult.fault(
                "publish",
                "the result is larger than "
                        + maxBytes
                        + " bytes even without outputs and files; ask for fewer tests or files");
    }

    private byte[] write(JobResult result, ResultStamp stamp) {
        return Values.write(ResultRecord.of(result, stamp), format);
    }

    /** A result from its record's value, in either format. */
    public static boxcar.schema.JobResult read(byte[] value) throws UnreadableValue {
        if (Values.read(value, "JobResult") instanceof boxcar.schema.JobResult result) {
            return result;
        }
        throw new UnreadableValue("wrong-record", "the record is no JobResult");
    }

    /** A result as JSON, with every field, whichever way it was written. */
    public static ObjectNode toJson(byte[] value) throws UnreadableValue {
        return RecordJson.write(read(value));
    }
}
