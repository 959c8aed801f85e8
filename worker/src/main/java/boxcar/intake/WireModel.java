package boxcar.intake;

import boxcar.schema.CancelJob;
import boxcar.schema.Check;
import boxcar.schema.ExecuteJob;
import boxcar.schema.Expected;
import boxcar.schema.FaultReport;
import boxcar.schema.File;
import boxcar.schema.InstallJob;
import boxcar.schema.JobKind;
import boxcar.schema.JobResult;
import boxcar.schema.Limits;
import boxcar.schema.MatchMode;
import boxcar.schema.Outcome;
import boxcar.schema.ProgressLine;
import boxcar.schema.ProgressTag;
import boxcar.schema.Rejection;
import boxcar.schema.RejectionCode;
import boxcar.schema.RemoveRuntimeJob;
import boxcar.schema.ResultFormat;
import boxcar.schema.RuntimeInstalled;
import boxcar.schema.RuntimeRemoved;
import boxcar.schema.Stage;
import boxcar.schema.Test;
import boxcar.schema.TestResult;
import boxcar.schema.Verdict;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.specific.SpecificData;

/**
 * Which class stands for which schema: these, and no other, whatever a schema names.
 *
 * <p>Avro itself looks classes up by name, and since 1.12.2 refuses all that are not listed in a
 * system property or a static list. With this table the worker needs neither.
 */
final class WireModel extends SpecificData {
    static final WireModel WIRE = new WireModel();

    private static final Map<String, Class<?>> CLASSES =
            Stream.<Class<?>>of(
                            CancelJob.class,
                            Check.class,
                            ExecuteJob.class,
                            Expected.class,
                            FaultReport.class,
                            File.class,
                            InstallJob.class,
                            JobKind.class,
                            JobResult.class,
                            Limits.class,
                            MatchMode.class,
                            Outcome.class,
                            ProgressLine.class,
                            ProgressTag.class,
                            Rejection.class,
                            RejectionCode.class,
                            RemoveRuntimeJob.class,
                            ResultFormat.class,
                            RuntimeInstalled.class,
                            RuntimeRemoved.class,
                            Stage.class,
                            Test.class,
                            TestResult.class,
                            Verdict.class)
                    .collect(Collectors.toMap(Class::getName, Function.identity()));

    private WireModel() {
        addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    }

    @Override
    public Class<?> getClass(Schema schema) {
        return switch (schema.getType()) {
            case RECORD, ENUM -> known(schema.getFullName());
            case ARRAY, BOOLEAN, BYTES, DOUBLE, FIXED, FLOAT, INT, LONG, MAP, NULL, STRING, UNION ->
                    super.getClass(schema);
        };
    }

    private static Class<?> known(String name) {
        Class<?> known = CLASSES.get(name);
        if (known == null) {
            throw new IllegalArgumentException(name + " is not listed among the wire's classes");
        }
        return known;
    }
}
