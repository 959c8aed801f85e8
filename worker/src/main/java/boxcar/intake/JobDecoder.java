package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;
import boxcar.schema.CancelJob;
import boxcar.schema.ExecuteJob;
import boxcar.schema.InstallJob;
import boxcar.schema.RemoveRuntimeJob;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * Turns the bytes of a job topic's record into a job, or into the reason why there is none. The
 * first byte tells Avro from JSON. No bytes make it throw. Safe for many threads.
 */
public final class JobDecoder {
    private final JobRules rules;

    public JobDecoder(JobRules rules) {
        this.rules = rules;
    }

    /**
     * @param key the record's key; a hint for people and for Kafka's partitions only: the job is
     *     who its value says it is, even if the key differs
     */
    public Decoded decode(JobTopic topic, byte @Nullable [] key, byte @Nullable [] value) {
        try {
            return read(topic, value == null ? new byte[0] : value);
        } catch (UnreadableValue e) {
            return new Decoded.Unreadable(e.reason(), message(e));
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
                return bad(
                        id, kind, new Rejection(json.repeated(), null, "must not be given twice"));
            }
            if (schema.isEmpty()) {
                String type = String.valueOf(json.root().get(Values.TYPE));
                return bad(id, kind, new Rejection(Values.TYPE, type, topic.bound()));
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
            return new Decoded.Bad(id, kind, ContentDigest.of(value), rejection);
        }
    }

    private Decoded checked(JobTopic topic, SpecificRecordBase record, Job.Kind kind)
            throws UnreadableValue {
        String id = usable(record.get(record.getSchema().getField("job_id").pos()).toString());
        String digest = ContentDigest.of(record);
        try {
            if (!topic.carries(kind)) {
                throw Refusal.of(Values.TYPE, record.getSchema().getName(), topic.bound());
            }
            return new Decoded.Good(job(record, digest));
        } catch (Refusal e) {
            return new Decoded.Bad(id, kind, digest, e.rejection());
        }
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

    private static String usable(String id) throws UnreadableValue {
        if (!TextRules.isName(id) || !Utf8.isWhole(id)) {
            throw new UnreadableValue(
                    "bad-job-id",
                    "job_id must be 1 to 256 characters, not all spaces, none of them control");
        }
        return id;
    }

    private static String message(UnreadableValue e) {
        return String.valueOf(e.getMessage());
    }

    /** The id of the job that a record of the control topic cancels, if it is readable. */
    public Optional<String> decodeCancel(byte @Nullable [] value) {
        try {
            return Values.read(value, "CancelJob") instanceof CancelJob cancel
                    ? Optional.of(usable(cancel.getJobId()))
                    : Optional.empty();
        } catch (UnreadableValue _) {
            return Optional.empty();
        }
    }
}
