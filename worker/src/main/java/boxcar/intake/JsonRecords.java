package boxcar.intake;

import boxcar.job.Rejection;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * JSON to records, by walking the Avro schema: the rules are those of the header of {@code
 * boxcar.avdl}. Unknown keys are looked for first, in the order of the text, then fields in the
 * order of the schema; the first thing that is wrong is told.
 */
final class JsonRecords {
    private static final double EXACT = 1L << 53;

    private JsonRecords() {}

    static SpecificRecordBase read(ObjectNode json, Schema schema) throws Refusal {
        return record(json, schema, "");
    }

    private static SpecificRecordBase record(JsonNode json, Schema schema, String path)
            throws Refusal {
        if (!json.isObject()) {
            throw wrong(path, json, "must be an object (" + schema.getName() + ")");
        }
        refuseUnknown(json, schema, path);
        SpecificRecordBase record = (SpecificRecordBase) WireModel.WIRE.newRecord(null, schema);
        for (Schema.Field field : schema.getFields()) {
            String inner = FieldPath.key(path, field.name());
            record.put(field.pos(), field(json.get(field.name()), field, inner));
        }
        return record;
    }

    private static void refuseUnknown(JsonNode json, Schema schema, String path) throws Refusal {
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            if (schema.getField(entry.getKey()) == null) {
                throw Refusal.of(
                        Rejection.Code.UNKNOWN_FIELD,
                        FieldPath.key(path, entry.getKey()),
                        "is not a field of "
                                + schema.getName()
                                + FieldNames.advice(entry.getKey(), schema));
            }
        }
    }

    private static @Nullable Object field(@Nullable JsonNode json, Schema.Field field, String path)
            throws Refusal {
        if (json != null) {
            return value(json, field.schema(), path);
        }
        if (!field.hasDefaultValue()) {
            throw Refusal.of(Rejection.Code.MISSING, path, "must be given");
        }
        return WireModel.WIRE.deepCopy(field.schema(), WireModel.WIRE.getDefaultValue(field));
    }

    private static @Nullable Object value(JsonNode json, Schema schema, String path)
            throws Refusal {
        return switch (schema.getType()) {
            case RECORD -> record(json, schema, path);
            case UNION -> json.isNull() ? null : value(json, present(schema), path);
            case ARRAY -> list(json, schema.getElementType(), path);
            case MAP -> map(json, schema.getValueType(), path);
            case STRING -> text(json, path, "must be a text");
            case BYTES -> bytes(json, path);
            case ENUM -> symbol(json, schema, path);
            case INT -> (int) whole(json, path, 32);
            case LONG -> isInstant(schema) ? instant(json, path) : (Object) whole(json, path, 64);
            case DOUBLE -> number(json, path);
            case BOOLEAN -> flag(json, path);
            case FIXED, FLOAT, NULL ->
                    throw new IllegalStateException("no record of ours has a " + schema.getType());
        };
    }

    /** Our unions are of null and one other thing. */
    static Schema present(Schema union) {
        return union.getTypes().stream()
                .filter(branch -> branch.getType() != Schema.Type.NULL)
                .findFirst()
                .orElseThrow();
    }

    static boolean isInstant(Schema schema) {
        return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis;
    }

    private static List<Object> list(JsonNode json, Schema item, String path) throws Refusal {
        if (!json.isArray()) {
            throw wrong(path, json, "must be a list");
        }
        List<Object> list = new ArrayList<>(json.size());
        for (JsonNode node : json) {
            list.add(value(node, item, FieldPath.item(path, list.size())));
        }
        return list;
    }

    private static Map<String, Object> map(JsonNode json, Schema item, String path) throws Refusal {
        if (!json.isObject()) {
            throw wrong(path, json, "must be an object of names and values");
        }
        Map<String, Object> map = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : json.properties()) {
            String inner = FieldPath.key(path, entry.getKey());
            if (!Utf8.isWhole(entry.getKey())) {
                throw Refusal.of(
                        Rejection.Code.INVALID,
                        inner,
                        "must not have half a surrogate pair in its name");
            }
            map.put(entry.getKey(), value(entry.getValue(), item, inner));
        }
        return map;
    }

    private static String text(JsonNode json, String path, String bound) throws Refusal {
        if (!json.isTextual()) {
            throw wrong(path, json, bound);
        }
        if (!Utf8.isWhole(json.textValue())) {
            throw Refusal.of(path, json.textValue(), "must not have half a surrogate pair");
        }
        return json.textValue();
    }

    private static ByteBuffer bytes(JsonNode json, String path) throws Refusal {
        if (json.isObject()) {
            return base64(json, path);
        }
        String text = text(json, path, "must be a text or {\"base64\": \"...\"}");
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuffer base64(JsonNode json, String path) throws Refusal {
        JsonNode coded = json.get("base64");
        if (coded == null || json.size() != 1) {
            throw wrong(path, json, "must be a text or {\"base64\": \"...\"}");
        }
        String inner = FieldPath.key(path, "base64");
        return ByteBuffer.wrap(StrictBase64.decode(inner, text(coded, inner, "must be a text")));
    }

    private static Object symbol(JsonNode json, Schema schema, String path) throws Refusal {
        String bound = "must be one of " + String.join(", ", schema.getEnumSymbols());
        if (!json.isTextual()) {
            throw wrong(path, json, bound);
        }
        if (!schema.hasEnumSymbol(json.textValue())) {
            throw Refusal.of(path, json.textValue(), bound);
        }
        return WireModel.WIRE.createEnum(json.textValue(), schema);
    }

    /** A whole number; 5.0 is one too, since some languages write it so. */
    private static long whole(JsonNode json, String path, int bits) throws Refusal {
        long value;
        if (json.isIntegralNumber() && json.canConvertToLong()) {
            value = json.longValue();
        } else if (json.isDouble() && isWhole(json.doubleValue())) {
            value = (long) json.doubleValue();
        } else {
            throw wrong(path, json, "must be a whole number of " + bits + " bits");
        }
        if (bits == 32 && value != (int) value) {
            throw wrong(path, json, "must be a whole number of 32 bits");
        }
        return value;
    }

    private static boolean isWhole(double value) {
        return Math.rint(value) == value && Math.abs(value) <= EXACT;
    }

    /** NaN and infinity pass: the limits refuse them, with their bounds. */
    private static double number(JsonNode json, String path) throws Refusal {
        if (!json.isNumber()) {
            throw wrong(path, json, "must be a number");
        }
        return json.doubleValue();
    }

    private static boolean flag(JsonNode json, String path) throws Refusal {
        if (!json.isBoolean()) {
            throw wrong(path, json, "must be true or false");
        }
        return json.booleanValue();
    }

    private static Instant instant(JsonNode json, String path) throws Refusal {
        String bound =
                "must be an instant like \"2026-01-31T12:00:00Z\" or a number of milliseconds";
        if (json.isTextual()) {
            try {
                Instant instant =
                        DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(
                                json.textValue(), Instant::from);
                return Instant.ofEpochMilli(instant.truncatedTo(ChronoUnit.MILLIS).toEpochMilli());
            } catch (DateTimeException | ArithmeticException _) {
                throw Refusal.of(path, json.textValue(), bound);
            }
        }
        if (!json.isNumber()) {
            throw wrong(path, json, bound);
        }
        return Instant.ofEpochMilli(whole(json, path, 64));
    }

    private static Refusal wrong(String path, JsonNode was, String bound) {
        // Jackson would put NaN in quotes, as if it had been a text
        String shown = was.isNumber() ? was.asText() : was.toString();
        return Refusal.of(Rejection.Code.WRONG_TYPE, path, shown, bound);
    }
}
