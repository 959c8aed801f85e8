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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * The records that travel as values of a topic.
 *
 * <p>When a schema changes, its old form goes to {@link #FORMER}: logs that are kept for ever hold
 * records written with it, known by its fingerprint.
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

    private static final List<Schema> FORMER = List.of();

    private static final Map<Long, Schema> BY_FINGERPRINT =
            Stream.concat(TODAY.stream(), FORMER.stream())
                    .collect(
                            Collectors.toMap(
                                    SchemaNormalization::parsingFingerprint64, identity()));

    private static final Map<String, Schema> BY_NAME =
            TODAY.stream().collect(Collectors.toMap(Schema::getName, identity()));

    private static final Map<String, Long> FINGERPRINTS =
            TODAY.stream()
                    .collect(
                            Collectors.toMap(
                                    Schema::getName, SchemaNormalization::parsingFingerprint64));

    private WireSchemas() {}

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
