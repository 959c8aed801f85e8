package boxcar.intake;

import boxcar.job.Rejection;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/** Any record that travels, from either of the two ways to write one, told by the first byte. */
final class Values {
    /** The key of JSON that names the record. */
    static final String TYPE = "type";

    private Values() {}

    /**
     * @param standard what JSON is that does not name its type
     */
    static SpecificRecordBase read(byte @Nullable [] value, String standard)
            throws UnreadableValue {
        byte[] bytes = value == null ? new byte[0] : value;
        try {
            return AvroValues.looksLike(bytes)
                    ? AvroValues.decode(bytes)
                    : fromJson(json(bytes), standard);
        } catch (RuntimeException | StackOverflowError e) {
            throw new UnreadableValue("undecodable", "decoding failed: " + e);
        }
    }

    /**
     * JSON has no fingerprint. If it names a type that is unknown, or a type that has no such key,
     * a newer version may have written it.
     */
    private static SpecificRecordBase fromJson(JsonText json, String standard)
            throws UnreadableValue {
        boolean named = json.text(TYPE).isPresent();
        try {
            if (json.repeated() != null) {
                throw new Refusal(json.givenTwice());
            }
            Schema schema =
                    schema(json, standard)
                            .orElseThrow(() ->
                                    new UnreadableValue(
                                            named ? UnreadableValue.UNKNOWN_SCHEMA : "wrong-record",
                                            "its type is not known"));
            return record(json, schema);
        } catch (Refusal e) {
            boolean newer = named && e.rejection().code() == Rejection.Code.UNKNOWN_FIELD;
            throw new UnreadableValue(
                    newer ? UnreadableValue.UNKNOWN_SCHEMA : "wrong-field",
                    e.rejection().message());
        }
    }

    static byte[] write(SpecificRecordBase record, Format format) {
        return switch (format) {
            case AVRO -> AvroValues.encode(record);
            case JSON -> RecordJson.encode(RecordJson.write(record));
        };
    }

    /** JSON that may name its type. */
    static JsonText json(byte[] value) throws UnreadableValue {
        if (value.length == 0) {
            throw new UnreadableValue("empty", "the record has no value");
        }
        if (!JsonText.looksLike(value)) {
            throw new UnreadableValue(
                    "neither-avro-nor-json",
                    "the value begins with byte 0x%02X, which neither Avro nor JSON of ours does"
                            .formatted(value[0] & 0xFF));
        }
        return JsonText.parse(value);
    }

    /** The schema that JSON names, or the standard one; empty if it names one that is not there. */
    static Optional<Schema> schema(JsonText json, String standard) {
        return json.root().has(TYPE)
                ? json.text(TYPE).flatMap(WireSchemas::byName)
                : WireSchemas.byName(standard);
    }

    static SpecificRecordBase record(JsonText json, Schema schema) throws Refusal {
        json.root().remove(TYPE); // it is said, and no field
        return JsonRecords.read(json.root(), schema);
    }
}
