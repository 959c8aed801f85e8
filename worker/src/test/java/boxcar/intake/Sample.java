package boxcar.intake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.Schema;

/** A record as JSON in which every field of a schema is given. */
final class Sample {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Sample() {}

    static ObjectNode of(Schema record) {
        ObjectNode json = NODES.objectNode();
        for (Schema.Field field : record.getFields()) {
            json.set(field.name(), value(field.schema(), field.name()));
        }
        return json;
    }

    private static JsonNode value(Schema schema, String name) {
        return switch (schema.getType()) {
            case RECORD -> of(schema);
            case UNION -> value(JsonRecords.present(schema), name);
            case ARRAY -> NODES.arrayNode().add(value(schema.getElementType(), name));
            case MAP -> NODES.objectNode().set("key", value(schema.getValueType(), name));
            case STRING -> NODES.textNode("a " + name);
            case BYTES -> NODES.objectNode().put("base64", "AP8=");
            case ENUM -> NODES.textNode(schema.getEnumSymbols().getLast());
            case INT -> NODES.numberNode(70_000);
            case LONG -> NODES.numberNode(1_700_000_000_123L);
            case DOUBLE -> NODES.numberNode(1.5);
            case BOOLEAN -> NODES.booleanNode(true);
            case FIXED, FLOAT, NULL -> throw new IllegalStateException(schema.toString());
        };
    }
}
