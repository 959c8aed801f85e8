package boxcar.intake;

import boxcar.job.Progress;
import boxcar.schema.ProgressLine;
import boxcar.schema.ProgressTag;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes and reads the lines that a long job says while it runs. */
public final class ProgressCodec {
    private static final int LONGEST = 16_384;

    private ProgressCodec() {}

    /**
     * @param text a line without its end; one over 16384 characters is cut
     */
    public static byte[] encode(String jobId, Progress.Tag tag, String text, Instant at) {
        String line = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
        return AvroValues.encode(
                new ProgressLine(jobId, ProgressTag.valueOf(tag.name()), Utf8.whole(line), at));
    }

    /** In either format. */
    public static ProgressLine read(byte[] value) throws UnreadableValue {
        if (Values.read(value, "ProgressLine") instanceof ProgressLine line) {
            return line;
        }
        throw new UnreadableValue("wrong-record", "the record is no ProgressLine");
    }

    /** The text of a line; empty if it cannot be read. */
    public static Optional<String> text(byte @Nullable [] value) {
        try {
            return value == null ? Optional.empty() : Optional.of(read(value).getText());
        } catch (UnreadableValue e) {
            return Optional.empty();
        }
    }
}
