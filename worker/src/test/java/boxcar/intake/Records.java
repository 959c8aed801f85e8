package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.avro.specific.SpecificRecordBase;

/** Records for tests, written as JSON with single quotes, which Java texts hold more easily. */
final class Records {
    private Records() {}

    static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }

    static SpecificRecordBase record(String type, String text) {
        try {
            return Values.read(json(text), type);
        } catch (UnreadableValue e) {
            throw new AssertionError("a test's record is broken", e);
        }
    }

    static byte[] avro(String type, String text) {
        return AvroValues.encode(record(type, text));
    }
}
