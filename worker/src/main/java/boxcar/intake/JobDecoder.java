package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;
import boxcar.schema.CancelJob;
import boxcar.schema.ExecuteJob;
import boxcar.schema.InstallJob;
import boxcar.schema.RemoveRuntimeJob;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a job topic's record into a job, or into the reason why there is none. The
 * first byte tells Avro from JSON. No bytes make it throw. Safe for many threads.
 */
public final class JobDecoder {
    private static final String RESULT_FORMAT = "result_format";

    private final JobRules rules;

    public JobDecoder(JobRules rules) {
        this.rules = rules;
    }

    /**
     * @param key the record's key; a hint for people and for Kafka's partitions: the job is who its
     *     value says it is, even if the key differs. The key counts only where the value cannot
     *     tell, in a job of a newer version
     */
    public Decoded decode(JobTopic topic, byte @Nullable [] key, byte @Nullable [] value) {
        byte[] bytes = value == null ? new byte[0] : value;
        try {
            return read(topic, bytes);
        } catch (UnreadableValue e) {
            return e.isNewer()
                    ? newer(topic, key, bytes, message(e))
                    : new Decoded.Unreadable(e.reason(), message(e));
        } catch (RuntimeException | StackOverflowError e) {
            // our own mistake, but the record is what shows it: keep it, and go on with the next
            return new Decoded.Unreadable("undecodable", "decoding failed: " + e);
        }
    }

    private Decoded read(JobTopic topic, byte[] value) throws UnreadableValue {
        if (AvroValues.looksLike(value)) {
            SpecificRecordBase record = AvroValues.decode(value);
            Job.Kind kind = kind(record.getSchema());
            return checked(topic, record, kind);
        }
        return new JsonJob(topic, value).read();
    }

    private static Decoded newer(
            JobTopic topic, byte @Nullable [] key, byte[] value, String message) {
        String id =
                AvroValues.jobId(value)
                        .filter(JobDecoder::isUsable)
                        .or(() ->
                                Optional.ofNullable(key)
                                        .map(ByteBuffer::wrap)
                                        .flatMap(Utf8::decode))
                        .filter(JobDecoder::isUsable)
                        .orElse(null);
        return new Decoded.Newer(id, topic.standard(), ContentDigest.of(value), message);
    }

    /**
     * A job in JSON: who it is comes first, so that whatever is wrong after that can be answered.
     */
    private final class JsonJob {
        private final JobTopic topic;
        private final byte[] value;
        private final JsonText json;

        JsonJob(JobTopic topic, byte[] value) throws UnreadableValue {
            this.topic = topic;
            this.value = value;
            this.json = Values.json(value);
        }

        Decoded read() throws UnreadableValue {
            Optional<Schema> schema = Values.schema(json, recordName(topic.standard()));
            Job.Kind kind = schema.isPresent() ? kind(schema.get()) : topic.standard();
            String id = id();
            if (json.repeated() != null) {
                return bad(id, kind, json.givenTwice());
            }
            if (schema.isEmpty()) {
                JsonNode type = json.root().get(Values.TYPE);
                String shown = type.isTextual() ? type.textValue() : type.toString();
                return bad(id, kind, wrongTopic(topic, shown));
            }
            try {
                return checked(topic, Values.record(json, schema.get()), kind);
            } catch (Refusal e) {
                return bad(id, kind, e.rejection());
            }
        }

        private String id() throws UnreadableValue {
            if ("job_id".equals(json.repeated())) {
                throw new UnreadableValue("no-job-id", "job_id is given twice");
            }
            return usable(
                    json.text("job_id")
                            .orElseThrow(() ->
                                    new UnreadableValue(
                                            "no-job-id", "job_id is not given as a text")));
        }

        private Decoded bad(String id, Job.Kind kind, Rejection rejection) {
            Format format = json.text(RESULT_FORMAT).flatMap(JobDecoder::format).orElse(null);
            return new Decoded.Bad(id, kind, ContentDigest.of(value), rejection, format);
        }
    }

    private Decoded checked(JobTopic topic, SpecificRecordBase record, Job.Kind kind)
            throws UnreadableValue {
        String id = usable(record.get(record.getSchema().getField("job_id").pos()).toString());
        String digest = ContentDigest.of(record);
        Format format =
                Optional.ofNullable(record.get(record.getSchema().getField(RESULT_FORMAT).pos()))
                        .flatMap(word -> format(word.toString()))
                        .orElse(null);
        try {
            if (!topic.carries(kind)) {
                throw new Refusal(wrongTopic(topic, record.getSchema().getName()));
            }
            return new Decoded.Good(job(record, digest), format);
        } catch (Refusal e) {
            return new Decoded.Bad(id, kind, digest, e.rejection(), format);
        }
    }

    private static Optional<Format> format(String word) {
        return Stream.of(Format.values()).filter(format -> format.name().equals(word)).findFirst();
    }

    private static Rejection wrongTopic(JobTopic topic, String type) {
        return new Rejection(Rejection.Code.WRONG_TOPIC, Values.TYPE, type, topic.bound());
    }

    private Job job(SpecificRecordBase record, String digest) throws Refusal {
        return switch (record) {
            case InstallJob job -> new InstallReader(rules).read(job, digest);
            case RemoveRuntimeJob job -> InstallReader.read(job, digest);
            case ExecuteJob job -> new ExecuteReader(rules).read(job, digest);
            default -> throw new IllegalStateException(record.getSchema().getName());
        };
    }

    /**
     * What a record of that schema is; one that is no job must not be answered under its job id.
     */
    private static Job.Kind kind(Schema schema) throws UnreadableValue {
        for (Job.Kind kind : Job.Kind.values()) {
            if (recordName(kind).equals(schema.getName())) {
                return kind;
            }
        }
        throw new UnreadableValue("wrong-record", "a " + schema.getName() + " is no job to run");
    }

    /** What the record of a job is called on the wire. */
    static String recordName(Job.Kind kind) {
        return switch (kind) {
            case INSTALL -> "InstallJob";
            case REMOVE -> "RemoveRuntimeJob";
            case EXECUTE -> "ExecuteJob";
        };
    }

    private static boolean isUsable(String id) {
        return TextRules.isName(id) && Utf8.isWhole(id);
    }

    private static String usable(String id) throws UnreadableValue {
        if (!isUsable(id)) {
            throw new UnreadableValue(
                    "bad-job-id",
                    "job_id must be 1 to 256 characters, not blank, without control characters");
        }
        return id;
    }

    private static String message(UnreadableValue e) {
        return String.valueOf(e.getMessage());
    }

    /** The id of the job that a record of the control topic cancels. */
    static String cancelled(byte @Nullable [] value) throws UnreadableValue {
        if (Values.read(value, "CancelJob") instanceof CancelJob cancel) {
            return usable(cancel.getJobId());
        }
        throw new UnreadableValue("wrong-record", "it is no CancelJob");
    }
}
