package boxcar.intake;

import boxcar.job.CatalogueRecord;
import boxcar.job.JobResult;
import boxcar.job.Progress;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The wire as Boxcar speaks it: Avro or JSON, told apart by the first byte. */
public final class CodecWire implements Wire {
    private static final int LARGE = 1 << 18;

    private final JobDecoder decoder;
    private final ResultCodec results;
    private final JobWeight weight;

    /** Large results are written one by one: each takes the heap several times its size. */
    private final ReentrantLock large = new ReentrantLock();

    private final String replica;
    private final String engine;

    /**
     * @param rules what a job may ask for
     * @param replica name of this replica, as results tell it
     * @param engine name of the sandbox engine, as results of jobs that ran tell it
     */
    public CodecWire(JobRules rules, ResultCodec results, String replica, String engine) {
        this.decoder = new JobDecoder(rules);
        this.results = results;
        this.weight = new JobWeight(results.maxBytes(), rules.caps().zipKib() * 1024L);
        this.replica = replica;
        this.engine = engine;
    }

    @Override
    public Decoded job(JobTopic topic, byte @Nullable [] key, byte @Nullable [] value) {
        return decoder.decode(topic, key, value);
    }

    @Override
    public long heapBytes(byte[] value) {
        return weight.of(value);
    }

    @Override
    public byte[] result(Answer answer) {
        if (ResultSize.contents(answer.result()) < LARGE) {
            return encode(answer);
        }
        large.lock();
        try {
            return encode(answer);
        } finally {
            large.unlock();
        }
    }

    private byte[] encode(Answer answer) {
        return results.in(answer.format())
                .encode(
                        answer.result(),
                        new ResultStamp(
                                answer.jobId(),
                                answer.kind(),
                                answer.attempt(),
                                answer.delivery(),
                                replica,
                                ran(answer.result()) ? engine : null,
                                answer.queuedAt(),
                                answer.startedAt(),
                                answer.finishedAt()));
    }

    private static boolean ran(JobResult result) {
        return result.install() != null
                || result.compile() != null
                || result.run() != null
                || !result.tests().isEmpty();
    }

    @Override
    public String outcome(byte[] result) {
        try {
            return ResultCodec.read(result).getOutcome().name();
        } catch (UnreadableValue e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public byte[] cancel(String jobId) {
        return JobJson.cancel(jobId);
    }

    @Override
    public String cancelled(byte @Nullable [] value) throws UnreadableValue {
        return JobDecoder.cancelled(value);
    }

    @Override
    public byte[] progress(String jobId, Progress.Tag tag, String text, Instant at) {
        return ProgressCodec.encode(jobId, tag, text, at);
    }

    @Override
    public byte[] catalogue(CatalogueRecord entry) {
        return CatalogueCodec.encode(entry);
    }

    @Override
    public CatalogueRecord catalogue(byte @Nullable [] value) throws UnreadableValue {
        return CatalogueCodec.decode(value);
    }
}
