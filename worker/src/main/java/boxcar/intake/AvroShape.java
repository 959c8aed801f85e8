package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Optional;
import org.apache.avro.Schema;

/**
 * Walks the binary form of a record without making anything of it, and refuses what a decoder would
 * choke on: lengths beyond the end, endless numbers, branches that do not exist, text that is not
 * UTF-8, bytes left over. What passes can be decoded in memory bounded by its own size.
 */
final class AvroShape {
    private final byte[] bytes;
    private int at;
    private int values;

    private AvroShape(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    /** How many things the record has, as far as it can be read. */
    static int count(Schema schema, byte[] bytes, int from) {
        AvroShape shape = new AvroShape(bytes, from);
        try {
            shape.walk(schema);
        } catch (UnreadableValue _) {
            // Nothing is made of it.
        }
        return shape.values;
    }

    static void check(Schema schema, byte[] bytes, int from) throws UnreadableValue {
        AvroShape shape = new AvroShape(bytes, from);
        shape.walk(schema);
        if (shape.at != bytes.length) {
            throw new UnreadableValue(
                    "trailing-bytes",
                    (bytes.length - shape.at) + " bytes are left over after the record");
        }
    }

    /** The text at a place, if there is one. */
    static Optional<String> leadingText(byte[] bytes, int from) {
        try {
            AvroShape shape = new AvroShape(bytes, from);
            int length = shape.text();
            return Optional.of(new String(bytes, shape.at - length, length, UTF_8));
        } catch (UnreadableValue _) {
            return Optional.empty();
        }
    }

    private void walk(Schema schema) throws UnreadableValue {
        values++;
        if (values > JobWeight.MOST_VALUES) {
            throw UnreadableValue.tooManyValues();
        }
        switch (schema.getType()) {
            case RECORD -> {
                for (Schema.Field field : schema.getFields()) {
                    walk(field.schema());
                }
            }
            case UNION -> walk(branch(schema));
            case ARRAY -> blocks(schema.getElementType(), false);
            case MAP -> blocks(schema.getValueType(), true);
            case STRING -> {
                int _ = text();
            }
            case BYTES -> skip(number());
            case FIXED -> skip(schema.getFixedSize());
            case ENUM -> index(schema.getEnumSymbols().size());
            case INT -> small();
            case LONG -> number();
            case FLOAT -> skip(4);
            case DOUBLE -> skip(8);
            case BOOLEAN -> flag();
            case NULL -> {}
        }
    }

    private Schema branch(Schema union) throws UnreadableValue {
        return union.getTypes().get(index(union.getTypes().size()));
    }

    /** Blocks of items, each with its count; a negative count is followed by the block's size. */
    private void blocks(Schema item, boolean keyed) throws UnreadableValue {
        for (long count = number(); count != 0; count = number()) {
            long left = count;
            if (count < 0) {
                left = -count;
                number();
            }
            if (left < 0 || left > bytes.length - at) {
                throw truncated(); // an item of ours takes a byte at least
            }
            for (; left > 0; left--) {
                if (keyed) {
                    int _ = text();
                }
                walk(item);
            }
        }
    }

    /**
     * @return its length in bytes
     */
    private int text() throws UnreadableValue {
        long length = number();
        int from = at;
        skip(length);
        if (!Utf8.isValid(bytes, from, at)) {
            throw new UnreadableValue("malformed-avro", "a text is not UTF-8, at byte " + from);
        }
        return at - from;
    }

    private int index(int size) throws UnreadableValue {
        long index = number();
        if (index < 0 || index >= size) {
            throw malformed();
        }
        return (int) index;
    }

    private void small() throws UnreadableValue {
        long value = number();
        if (value != (int) value) {
            throw malformed();
        }
    }

    private void flag() throws UnreadableValue {
        skip(1);
        if (bytes[at - 1] != 0 && bytes[at - 1] != 1) {
            throw malformed();
        }
    }

    private void skip(long length) throws UnreadableValue {
        if (length < 0 || length > bytes.length - at) {
            throw truncated();
        }
        at += (int) length;
    }

    /** A zig-zag number of seven bits a byte, ten bytes at most. */
    private long number() throws UnreadableValue {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (at >= bytes.length) {
                throw truncated();
            }
            byte next = bytes[at++];
            raw |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw malformed();
    }

    private UnreadableValue truncated() {
        return new UnreadableValue("truncated", "the record ends early, at byte " + at);
    }

    private UnreadableValue malformed() {
        return new UnreadableValue("malformed-avro", "the record makes no sense at byte " + at);
    }
}
