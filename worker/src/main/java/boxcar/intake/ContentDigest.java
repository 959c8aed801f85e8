package boxcar.intake;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Tells whether two jobs ask the same: SHA-256 over the record's type and its fields by name,
 * whichever way the record was written. Fields at their default are passed over, so that a later
 * version of Boxcar, whose schema has more fields, finds the same digest. The job's own id is no
 * part of what it asks.
 */
final class ContentDigest {
    private final MessageDigest sha = sha256();

    private ContentDigest() {}

    static String of(SpecificRecordBase record) {
        ContentDigest digest = new ContentDigest();
        digest.text(record.getSchema().getName());
        digest.record(record, "job_id");
        return digest.hex();
    }

    /** Of bytes that are no whole record. */
    static String of(byte[] value) {
        ContentDigest digest = new ContentDigest();
        digest.sha.update(value);
        return digest.hex();
    }

    private void record(SpecificRecordBase record, String without) {
        for (Schema.Field field : record.getSchema().getFields()) {
            Object value = record.get(field.pos());
            if (value != null && !field.name().equals(without) && !isDefault(field, value)) {
                text(field.name());
                value(value);
            }
        }
        number(-1); // no name is that long: the record ends
    }

    private static boolean isDefault(Schema.Field field, Object value) {
        return field.hasDefaultValue()
                && Objects.equals(WireModel.WIRE.getDefaultValue(field), value);
    }

    private void value(Object value) {
        switch (value) {
            case SpecificRecordBase record -> record(record, "");
            case ByteBuffer bytes -> bytes(bytes.duplicate());
            case Instant instant -> number(instant.toEpochMilli());
            case Collection<?> items -> {
                number(items.size());
                items.forEach(this::value);
            }
            case Map<?, ?> entries -> map(entries);
            case Double number -> number(Double.doubleToLongBits(number));
            case Number number -> number(number.longValue());
            default -> text(value.toString());
        }
    }

    private void map(Map<?, ?> entries) {
        Map<String, Object> sorted = new TreeMap<>();
        entries.forEach((key, value) -> sorted.put(key.toString(), value));
        number(sorted.size());
        sorted.forEach((key, value) -> {
            text(key);
            value(value);
        });
    }

    private void text(String text) {
        bytes(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private void bytes(ByteBuffer bytes) {
        number(bytes.remaining());
        sha.update(bytes);
    }

    private void number(long number) {
        sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, number));
    }

    private String hex() {
        return HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
