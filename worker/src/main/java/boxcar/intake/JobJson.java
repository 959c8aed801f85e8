package boxcar.intake;

import boxcar.job.Job;
import boxcar.job.Rejection;
import boxcar.schema.CancelJob;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * A producer's side of the wire: turns a job written as JSON into a record's value, and says early
 * what a worker with the same rules would say of it.
 */
public final class JobJson {
    private static final String JOB_ID = "job_id";

    private final JobDecoder decoder;
    private final Format format;

    /**
     * @param format how the value is written; a job that is not good is kept as JSON
     */
    public JobJson(JobRules rules, Format format) {
        this.decoder = new JobDecoder(rules);
        this.format = format;
    }

    /**
     * A job that is ready to send.
     *
     * @param decoded what a worker makes of it
     * @param value what to send
     */
    public record Prepared(Decoded decoded, byte[] value) {}

    /** A job file; one that does not give a job_id gets a random one. */
    public Prepared prepare(JobTopic topic, byte[] file) {
        try {
            JsonText json = Values.json(file);
            boolean complete = json.root().has(JOB_ID) || json.repeated() != null;
            return complete ? ready(topic, file) : prepare(topic, json.root());
        } catch (UnreadableValue _) {
            return ready(topic, file);
        }
    }

    /** A job as a tree; one that does not give a job_id gets a random one. */
    public Prepared prepare(JobTopic topic, ObjectNode job) {
        ObjectNode whole = job.deepCopy();
        if (!whole.has(JOB_ID)) {
            whole.put(JOB_ID, UUID.randomUUID().toString());
        }
        return ready(topic, RecordJson.encode(whole));
    }

    private Prepared ready(JobTopic topic, byte[] value) {
        Decoded decoded = decoder.decode(topic, null, value);
        return format == Format.AVRO && decoded instanceof Decoded.Good(Job good, _)
                ? new Prepared(decoded, avro(good, value))
                : new Prepared(decoded, value);
    }

    private static byte[] avro(Job job, byte[] json) {
        try {
            return AvroValues.encode(Values.read(json, JobDecoder.recordName(job.kind())));
        } catch (UnreadableValue e) {
            throw new IllegalStateException("it was read a moment ago", e);
        }
    }

    /** Bytes as JSON of ours has them: a text, or base64 if they are no UTF-8. */
    public static JsonNode bytes(byte[] bytes) {
        return RecordJson.bytes(ByteBuffer.wrap(bytes));
    }

    /** A rejection as a result has it. */
    public static ObjectNode rejection(Rejection rejection) {
        return RecordJson.write(ResultRecord.rejection(rejection));
    }

    /** The value of a record that cancels a job. */
    public static byte[] cancel(String jobId) {
        return AvroValues.encode(new CancelJob(jobId));
    }
}
