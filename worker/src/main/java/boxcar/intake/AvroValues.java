package boxcar.intake;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Avro's single-object encoding: 0xC3 0x01, the schema's fingerprint in little-endian order, the
 * body.
 *
 * <p>A body is walked by {@link AvroShape} before anything is made of it, so a length that lies
 * costs nothing.
 *
 * @see <a
 *     href="https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding">specification</a>
 */
final class AvroValues {
    private static final int HEADER = 10;
    private static final byte FIRST = (byte) 0xC3;
    private static final byte SECOND = 0x01;

    private AvroValues() {}

    static boolean looksLike(byte[] value) {
        return value.length > 0 && value[0] == FIRST;
    }

    static byte[] encode(SpecificRecordBase record) {
        Schema schema = record.getSchema();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                ByteBuffer.allocate(HEADER)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .put(FIRST)
                        .put(SECOND)
                        .putLong(WireSchemas.fingerprint(schema))
                        .array());
        try {
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            new SpecificDatumWriter<SpecificRecordBase>(schema, WireModel.WIRE)
                    .write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return out.toByteArray();
    }

    /** How many things a record has; 0 if it is of no schema that is known. */
    static int count(byte[] value) {
        return value.length < HEADER
                ? 0
                : WireSchemas.byFingerprint(fingerprint(value))
                        .map(written -> AvroShape.count(written, value, HEADER))
                        .orElse(0);
    }

    private static long fingerprint(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
    }

    static SpecificRecordBase decode(byte[] value) throws UnreadableValue {
        if (value.length < HEADER || value[1] != SECOND) {
            throw new UnreadableValue(
                    "truncated", "the value begins like Avro, but its header is incomplete");
        }
        long fingerprint = fingerprint(value);
        Schema written =
                WireSchemas.byFingerprint(fingerprint)
                        .orElseThrow(() ->
                                new UnreadableValue(
                                        UnreadableValue.UNKNOWN_SCHEMA,
                                        "its schema, with the fingerprint "
                                                + Long.toHexString(fingerprint)
                                                + ", is unknown here: a newer Boxcar wrote it"));
        AvroShape.check(written, value, HEADER);
        return body(written, value);
    }

    /**
     * The job id of a job whose schema is unknown: {@code job_id} is the first field of each job in
     * every version.
     */
    static Optional<String> jobId(byte[] value) {
        return AvroShape.leadingText(value, HEADER);
    }

    private static SpecificRecordBase body(Schema written, byte[] value) throws UnreadableValue {
        Schema today = WireSchemas.byName(written.getName()).orElse(written);
        try {
            return new SpecificDatumReader<SpecificRecordBase>(written, today, WireModel.WIRE)
                    .read(
                            null,
                            DecoderFactory.get()
                                    .binaryDecoder(value, HEADER, value.length - HEADER, null));
        } catch (IOException | RuntimeException e) {
            throw new UnreadableValue("malformed-avro", written.getName() + ": " + e);
        }
    }
}
