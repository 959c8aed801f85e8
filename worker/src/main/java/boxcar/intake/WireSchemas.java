package boxcar.intake;

import static java.util.function.Function.identity;

import boxcar.schema.CancelJob;
import boxcar.schema.ExecuteJob;
import boxcar.schema.InstallJob;
import boxcar.schema.JobResult;
import boxcar.schema.ProgressLine;
import boxcar.schema.RemoveRuntimeJob;
import boxcar.schema.RuntimeInstalled;
import boxcar.schema.RuntimeRemoved;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * The records that travel as values of a topic, in every version that was ever released.
 *
 * <p>Version {@code n} of a record is the resource {@code <record>.<n>.avsc} beside the record's
 * class. Logs that are kept for ever hold records of every version, known by their fingerprints, so
 * a released file is never changed or removed. A test fails if the schema of today is not the last
 * version.
 */
final class WireSchemas {
    private static final List<Schema> TODAY =
            List.of(
                    InstallJob.getClassSchema(),
                    RemoveRuntimeJob.getClassSchema(),
                    ExecuteJob.getClassSchema(),
                    CancelJob.getClassSchema(),
                    JobResult.getClassSchema(),
                    RuntimeInstalled.getClassSchema(),
                    RuntimeRemoved.getClassSchema(),
                    ProgressLine.getClassSchema());

    private static final List<Schema> FORMER =
            TODAY.stream().map(Schema::getName).flatMap(WireSchemas::released).toList();

    private static final Map<Long, Schema> BY_FINGERPRINT =
            Stream.concat(TODAY.stream(), FORMER.stream())
                    .collect(
                            Collectors.toMap(
                                    SchemaNormalization::parsingFingerprint64,
                                    identity(),
                                    (today, _) -> today));

    private static final Map<String, Schema> BY_NAME =
            TODAY.stream().collect(Collectors.toMap(Schema::getName, identity()));

    private static final Map<String, Long> FINGERPRINTS =
            TODAY.stream()
                    .collect(
                            Collectors.toMap(
                                    Schema::getName, SchemaNormalization::parsingFingerprint64));

    private WireSchemas() {}

    /** The released versions of a record, the first one first. */
    static Stream<Schema> released(String name) {
        return IntStream.iterate(1, version -> version + 1)
                .mapToObj(version -> released(name, version))
                .takeWhile(Optional::isPresent)
                .flatMap(Optional::stream);
    }

    private static Optional<Schema> released(String name, int version) {
        try (InputStream in =
                JobResult.class.getResourceAsStream("%s.%d.avsc".formatted(name, version))) {
            return in == null ? Optional.empty() : Optional.of(new Schema.Parser().parse(in));
        } catch (IOException e) {
            throw new UncheckedIOException("version " + version + " of " + name, e);
        }
    }

    /** The schemas that this version writes. */
    static List<Schema> today() {
        return TODAY;
    }

    /**
     * CRC-64-AVRO of the canonical form of one of today's schemas, as in the Avro specification.
     */
    static long fingerprint(Schema schema) {
        Long known = FINGERPRINTS.get(schema.getName());
        if (known == null) {
            throw new IllegalArgumentException(schema.getName() + " does not travel on its own");
        }
        return known;
    }

    static Optional<Schema> byFingerprint(long fingerprint) {
        return Optional.ofNullable(BY_FINGERPRINT.get(fingerprint));
    }

    /** Today's schema of that short name, as the key "type" of JSON has it. */
    static Optional<Schema> byName(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
