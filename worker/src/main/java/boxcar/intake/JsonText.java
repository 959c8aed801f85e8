package boxcar.intake;

import boxcar.job.Rejection;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object from bytes, taken strictly: UTF-8 (a byte order mark is passed over), nothing
 * after it, nested {@value #DEEPEST} deep at most. A key that is given twice is noted by its path,
 * and the caller refuses it, since readers differ on which of the two counts.
 *
 * <p>NaN and Infinity, which are no JSON but which Python's json module writes, are read as the
 * numbers that they mean, so that the field where they stand can be named when they are refused.
 *
 * @param repeated the first key that is given twice, null if there is none
 */
record JsonText(ObjectNode root, @Nullable String repeated) {
    private static final int DEEPEST = 32;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonFactory JSON =
            JsonFactory.builder()
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DEEPEST)
                                    // the value is in memory already: its own size is the bound
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    /** Whether the bytes begin as JSON of ours does. */
    static boolean looksLike(byte[] value) {
        int at = start(value);
        return at < value.length && value[at] == '{';
    }

    static JsonText parse(byte[] value) throws UnreadableValue {
        int start = afterMark(value);
        String text =
                Utf8.decode(ByteBuffer.wrap(value, start, value.length - start))
                        .orElseThrow(
                                () -> new UnreadableValue("not-utf8", "the JSON is not UTF-8"));
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new UnreadableValue("not-json", "the value is no JSON object");
            }
            return new Reading(parser).whole();
        } catch (JsonProcessingException e) {
            throw new UnreadableValue("not-json", "the JSON is broken: " + message(e));
        } catch (IOException e) {
            throw new UnreadableValue("not-json", "the JSON cannot be read: " + e.getMessage());
        }
    }

    private static String message(JsonProcessingException e) {
        var where = e.getLocation();
        return where == null
                ? e.getOriginalMessage()
                : e.getOriginalMessage()
                        + " (line "
                        + where.getLineNr()
                        + ", column "
                        + where.getColumnNr()
                        + ")";
    }

    private static int start(byte[] value) {
        int at = afterMark(value);
        while (at < value.length && " \t\r\n".indexOf(value[at]) >= 0) {
            at++;
        }
        return at;
    }

    private static int afterMark(byte[] value) {
        boolean marked =
                value.length >= 3
                        && value[0] == (byte) 0xEF
                        && value[1] == (byte) 0xBB
                        && value[2] == (byte) 0xBF;
        return marked ? 3 : 0;
    }

    /** What is wrong when a key is {@link #repeated}. */
    Rejection givenTwice() {
        return new Rejection(
                Rejection.Code.GIVEN_TWICE,
                Objects.requireNonNull(repeated),
                null,
                "must not be given twice");
    }

    /** The text of a key, if it is there and is a text. */
    Optional<String> text(String key) {
        return Optional.ofNullable(root.get(key)).filter(JsonNode::isTextual).map(JsonNode::asText);
    }

    /** Builds the tree. Jackson could refuse repeated keys itself, but not say who the job is. */
    private static final class Reading {
        private final JsonParser parser;
        private @Nullable String repeated;
        private int values;

        Reading(JsonParser parser) {
            this.parser = parser;
        }

        JsonText whole() throws IOException, UnreadableValue {
            ObjectNode root = object("");
            if (parser.nextToken() != null) {
                throw new UnreadableValue("not-json", "there is more after the JSON object");
            }
            return new JsonText(root, repeated);
        }

        private ObjectNode object(String path) throws IOException, UnreadableValue {
            ObjectNode node = NODES.objectNode();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                String inner = FieldPath.key(path, key);
                parser.nextToken();
                boolean again = node.has(key);
                node.set(key, value(inner));
                if (again && repeated == null) {
                    repeated = inner;
                }
            }
            return node;
        }

        private ArrayNode array(String path) throws IOException, UnreadableValue {
            ArrayNode node = NODES.arrayNode();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                node.add(value(FieldPath.item(path, node.size())));
            }
            return node;
        }

        private JsonNode value(String path) throws IOException, UnreadableValue {
            values++;
            if (values > JobWeight.MOST_VALUES) {
                throw UnreadableValue.tooManyValues();
            }
            return switch (parser.currentToken()) {
                case START_OBJECT -> object(path);
                case START_ARRAY -> array(path);
                case VALUE_STRING -> NODES.textNode(parser.getText());
                case VALUE_NUMBER_INT -> whole(parser.getNumberType());
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                case VALUE_NULL -> NODES.nullNode();
                case END_ARRAY, END_OBJECT, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                        throw new IOException("unexpected " + parser.currentToken());
            };
        }

        private JsonNode whole(JsonParser.NumberType type) throws IOException {
            return type == JsonParser.NumberType.BIG_INTEGER
                    ? NODES.numberNode(parser.getBigIntegerValue())
                    : NODES.numberNode(parser.getLongValue());
        }
    }
}
