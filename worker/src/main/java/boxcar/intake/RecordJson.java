package boxcar.intake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;
import org.jspecify.annotations.Nullable;

/**
 * Records to JSON, by walking the Avro schema: the other direction of {@link JsonRecords}. Every
 * field is written, null where it is absent, so that readers see all there is.
 */
final class RecordJson {
    private static final double EXACT = 1L << 53;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectWriter WRITER = JsonMapper.builder().build().writer();

    private RecordJson() {}

    static byte[] encode(ObjectNode json) {
        try {
            return WRITER.writeValueAsBytes(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    static ObjectNode write(SpecificRecordBase record) {
        ObjectNode json = NODES.objectNode();
        for (Schema.Field field : record.getSchema().getFields()) {
            json.set(field.name(), value(record.get(field.pos()), field.schema()));
        }
        return json;
    }

    /** A whole number has neither fraction nor exponent. */
    private static JsonNode number(double number) {
        return Math.rint(number) == number && Math.abs(number) < EXACT
                ? NODES.numberNode((long) number)
                : NODES.numberNode(number);
    }

    private static JsonNode value(@Nullable Object value, Schema schema) {
        return switch (value) {
            case null -> NODES.nullNode();
            case SpecificRecordBase record -> write(record);
            case ByteBuffer bytes -> bytes(bytes);
            case Instant instant -> NODES.textNode(instant.toString());
            case Collection<?> items -> list(items, present(schema).getElementType());
            case Map<?, ?> entries -> map(entries, present(schema).getValueType());
            case Long number -> NODES.numberNode(number);
            case Integer number -> NODES.numberNode(number);
            case Double number -> number(number);
            case Boolean flag -> NODES.booleanNode(flag);
            default -> NODES.textNode(value.toString()); // a text or an enum's word
        };
    }

    private static Schema present(Schema schema) {
        return schema.isUnion() ? JsonRecords.present(schema) : schema;
    }

    private static ArrayNode list(Collection<?> items, Schema item) {
        ArrayNode list = NODES.arrayNode(items.size());
        items.forEach(value -> list.add(value(value, item)));
        return list;
    }

    private static ObjectNode map(Map<?, ?> entries, Schema item) {
        Map<String, JsonNode> sorted = new TreeMap<>();
        entries.forEach((key, value) -> sorted.put(key.toString(), value(value, item)));
        return NODES.objectNode().setAll(sorted);
    }

    /** A text if it is UTF-8, else {@code {"base64": "..."}}. */
    static JsonNode bytes(ByteBuffer bytes) {
        return Utf8.decode(bytes)
                .<JsonNode>map(NODES::textNode)
                .orElseGet(() -> NODES.objectNode().put("base64", base64(bytes)));
    }

    private static String base64(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return Base64.getEncoder().encodeToString(copy);
    }
}
