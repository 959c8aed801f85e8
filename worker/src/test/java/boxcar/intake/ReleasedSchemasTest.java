package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import boxcar.files.Trees;
import boxcar.job.Job;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecordBase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every version of every record that was ever released stays readable. A released version is a
 * schema ({@code <record>.<n>.avsc}) and a record that was written with it ({@code
 * released/<record>.<n>.json}: the fingerprint, the bytes, and what they say).
 */
class ReleasedSchemasTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path RECORDS = Path.of("src/test/resources/released");
    private static final Path SCHEMAS = Path.of("../schemas/src/main/resources/boxcar/schema");

    /** Laid out like the repository, to be copied over it. */
    private static final Path PROPOSED = Path.of("target/released");

    static List<Schema> today() {
        return WireSchemas.today();
    }

    static Stream<Path> records() throws IOException {
        try (Stream<Path> files = Files.list(RECORDS)) {
            return files.sorted().toList().stream();
        }
    }

    @BeforeAll
    static void forgetsEarlierProposals() throws IOException {
        Trees.delete(PROPOSED);
    }

    private static String fingerprint(Schema schema) {
        return Long.toHexString(SchemaNormalization.parsingFingerprint64(schema));
    }

    @ParameterizedTest
    @MethodSource("today")
    void theSchemaOfTodayIsTheLastVersion(Schema schema) throws IOException {
        List<Schema> released = WireSchemas.released(schema.getName()).toList();
        if (released.isEmpty() || !fingerprint(released.getLast()).equals(fingerprint(schema))) {
            propose(schema, released.size() + 1);
            fail(
                    """
                    The schema of %1$s has changed, but the new form is not kept as version %2$d.
                    Records of every version stay in topics for years, so keep every version:
                        cp -r worker/target/released/. .
                    and commit the new files. Leave the files of the versions before as they are. \
                    Only if version %3$d was never released: remove its two files first, and run \
                    this test again.\
                    """
                            .formatted(schema.getName(), released.size() + 1, released.size()));
        }
    }

    private static void propose(Schema schema, int version) throws IOException {
        ObjectNode says = Sample.of(schema);
        byte[] bytes = AvroValues.encode(read(says, schema.getName()));
        ObjectNode record = JSON.createObjectNode();
        record.put("fingerprint", fingerprint(schema));
        record.put("avro", HexFormat.of().formatHex(bytes));
        record.set("json", says);
        String name = schema.getName() + "." + version;
        write("worker/" + RECORDS + "/" + name + ".json", record);
        write(
                "schemas/src/main/resources/boxcar/schema/" + name + ".avsc",
                JSON.readTree(schema.toString()));
    }

    private static void write(String path, JsonNode json) throws IOException {
        Path file = PROPOSED.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(
                file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }

    private static SpecificRecordBase read(JsonNode json, String name) {
        try {
            return Values.read(json.toString().getBytes(UTF_8), name);
        } catch (UnreadableValue e) {
            throw new AssertionError(json.toString(), e);
        }
    }

    @ParameterizedTest
    @MethodSource("records")
    void aRecordOfAnyVersionIsReadAsWhatItSaid(Path file) throws IOException, UnreadableValue {
        JsonNode record = JSON.readTree(file.toFile());
        String name = file.getFileName().toString().split("\\.", 2)[0];
        byte[] bytes = HexFormat.of().parseHex(record.get("avro").textValue());
        assertEquals(
                read(record.get("json"), name),
                Values.read(bytes, "none"),
                "a field that is missing in the old record has its default");
    }

    @ParameterizedTest
    @MethodSource("records")
    void everyFingerprintEverReleasedIsKnown(Path file) throws IOException {
        JsonNode record = JSON.readTree(file.toFile());
        String name = file.getFileName().toString().split("\\.", 2)[0];
        Path schema = SCHEMAS.resolve(file.getFileName().toString().replaceFirst("json$", "avsc"));
        String told = record.get("fingerprint").textValue();
        assertEquals(
                told,
                fingerprint(new Schema.Parser().parse(Files.readString(schema))),
                schema + " was released, and must not change");
        assertEquals(
                name,
                WireSchemas.byFingerprint(Long.parseUnsignedLong(told, 16))
                        .orElseThrow()
                        .getName());
    }

    @ParameterizedTest
    @MethodSource("today")
    void eachVersionHasARecordThatWasWrittenWithIt(Schema schema) throws IOException {
        String name = schema.getName();
        int versions = (int) WireSchemas.released(name).count();
        assertEquals(
                IntStream.rangeClosed(1, versions).mapToObj(n -> name + "." + n + ".json").toList(),
                records()
                        .map(file -> file.getFileName().toString())
                        .filter(file -> file.startsWith(name + "."))
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("today")
    void aSchemaOnlyGrowsByFieldsWithDefaults(Schema schema) {
        for (Schema written : WireSchemas.released(schema.getName()).toList()) {
            var compatible =
                    SchemaCompatibility.checkReaderWriterCompatibility(schema, written).getResult();
            assertEquals(List.of(), compatible.getIncompatibilities());
        }
    }

    /** A worker that cannot read a job of a newer version answers it under its id. */
    @Test
    void theJobIdIsTheFirstFieldOfEachJobInEveryVersion() {
        for (Job.Kind kind : Job.Kind.values()) {
            for (Schema schema : WireSchemas.released(JobDecoder.recordName(kind)).toList()) {
                Schema.Field first = schema.getFields().getFirst();
                assertEquals("job_id", first.name(), schema.getName());
                assertEquals(Schema.Type.STRING, first.schema().getType());
            }
        }
    }

    /** What is written today has not changed its bytes either. */
    @Test
    void todayWritesTheBytesOfTheLastVersion() throws IOException {
        for (Schema schema : today()) {
            long last = WireSchemas.released(schema.getName()).count();
            Path file = RECORDS.resolve(schema.getName() + "." + last + ".json");
            JsonNode record = JSON.readTree(file.toFile());
            assertArrayEquals(
                    HexFormat.of().parseHex(record.get("avro").textValue()),
                    AvroValues.encode(read(record.get("json"), schema.getName())),
                    schema.getName());
        }
    }
}
