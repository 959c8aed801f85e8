package boxcar.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Job;
import boxcar.job.JobResult;
import boxcar.job.Usage;
import boxcar.job.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A small job from JSON, and a small result to Avro. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CodecBench {
    private static final byte[] JOB =
            "{\"job_id\":\"bench-1\",\"runtime\":\"bash\",\"source_code\":\"echo hello\\n\"}"
                    .getBytes(UTF_8);

    private final JobDecoder decoder = new JobDecoder(JobRules.standard());
    private final ResultCodec codec = new ResultCodec(Format.AVRO, 4 << 20);
    private final ResultStamp stamp =
            new ResultStamp(
                    "bench-1",
                    Job.Kind.EXECUTE,
                    "b3b5a2c4-0000-4000-8000-000000000000",
                    1,
                    "worker",
                    "isolate",
                    Instant.EPOCH,
                    Instant.EPOCH,
                    Instant.EPOCH);
    private final JobResult result = result();

    private static JobResult result() {
        Usage usage =
                new Usage(
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        3000L,
                        3000L,
                        2L,
                        1L,
                        false,
                        false,
                        false,
                        false);
        Captured hello = new Captured("hello\n".getBytes(UTF_8), false);
        Ending ending =
                new Ending(new Ending.Exited(0), usage, hello, Captured.NOTHING, null, null);
        return new JobResult(
                JobResult.Outcome.SUCCEEDED,
                Verdict.OK,
                1L,
                "bash",
                null,
                null,
                null,
                null,
                new JobResult.StageResult(Verdict.OK, ending),
                List.of(),
                List.of(),
                Map.of());
    }

    @Benchmark
    public Object decode() {
        return decoder.decode(JobTopic.EXECUTE, null, JOB);
    }

    @Benchmark
    public byte[] encode() {
        return codec.encode(result, stamp);
    }
}
