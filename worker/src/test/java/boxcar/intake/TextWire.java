package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.CatalogueRecord;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.Limits;
import boxcar.job.Progress;
import boxcar.job.Rejection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A wire of words: {@code run ID CONTENT} is a job with the content for its digest, {@code refuse
 * ID CONTENT} one that cannot be carried out, {@code newer ID CONTENT} one of a newer version, and
 * anything else is illegible. A result reads {@code OUTCOME ID #DELIVERY MESSAGE}.
 */
final class TextWire implements Wire {
    static byte[] job(String id, String content) {
        return ("run " + id + " " + content).getBytes(UTF_8);
    }

    static String text(byte @Nullable [] value) {
        return value == null ? "" : new String(value, UTF_8);
    }

    @Override
    public Decoded job(JobTopic topic, byte @Nullable [] key, byte @Nullable [] value) {
        String[] words = text(value).split(" ", 3);
        return switch (words[0]) {
            case "run" -> new Decoded.Good(execution(words[1], words[2]));
            case "refuse" ->
                    new Decoded.Bad(
                            words[1],
                            Job.Kind.EXECUTE,
                            words[2],
                            new Rejection("run_limits.memory", "0", "must be at least 1"));
            case "newer" ->
                    new Decoded.Newer(
                            words[1].equals("nobody") ? null : words[1],
                            Job.Kind.EXECUTE,
                            words[2],
                            "a newer Boxcar wrote it");
            case "explode" -> throw new IllegalStateException("a mistake in the decoder");
            default -> new Decoded.Unreadable("not-a-job", "begins with '" + words[0] + "'");
        };
    }

    private static Job execution(String id, String content) {
        var limits =
                new Limits(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        1024,
                        1024,
                        16,
                        4,
                        64);
        return new Job.Execute(
                id,
                content,
                new Job.RuntimeRef.ByName(content),
                new Job.Sources(new byte[0], List.of()),
                new byte[0],
                List.of(),
                Map.of(),
                limits,
                limits,
                List.of(),
                List.of(),
                null);
    }

    @Override
    public byte[] result(Answer answer) {
        JobResult result = answer.result();
        String message = "";
        if (result.fault() != null) {
            message = result.fault().step() + ": " + result.fault().message();
        } else if (result.rejection() != null) {
            message = result.rejection().message();
        } else if (result.runtimeName() != null) {
            message = result.runtimeName();
        }
        return (result.outcome() + " " + answer.jobId() + " #" + answer.delivery() + " " + message)
                .strip()
                .getBytes(UTF_8);
    }

    @Override
    public String outcome(byte[] result) {
        return text(result).split(" ", 2)[0];
    }

    @Override
    public byte[] cancel(String jobId) {
        return ("cancel " + jobId).getBytes(UTF_8);
    }

    @Override
    public String cancelled(byte @Nullable [] value) throws UnreadableValue {
        return after("cancel ", value);
    }

    @Override
    public byte[] progress(String jobId, Progress.Tag tag, String text, Instant at) {
        return (tag + " " + text).getBytes(UTF_8);
    }

    @Override
    public byte[] catalogue(CatalogueRecord entry) {
        return switch (entry) {
            case CatalogueRecord.Removed removed -> ("removed " + removed.name()).getBytes(UTF_8);
            case CatalogueRecord.Installed _ -> throw new IllegalArgumentException("not in tests");
        };
    }

    @Override
    public CatalogueRecord catalogue(byte @Nullable [] value) throws UnreadableValue {
        return new CatalogueRecord.Removed(0, after("removed ", value), "job");
    }

    private static String after(String start, byte @Nullable [] value) throws UnreadableValue {
        String text = text(value);
        if (text.startsWith("newer ")) {
            throw new UnreadableValue(UnreadableValue.UNKNOWN_SCHEMA, "a newer Boxcar wrote it");
        }
        if (!text.startsWith(start)) {
            throw new UnreadableValue("not-ours", "does not begin with '" + start + "'");
        }
        return text.substring(start.length());
    }
}
