package boxcar.cli;

import boxcar.intake.BoxcarClient;
import boxcar.intake.JobTopic;
import boxcar.intake.ResultCodec;
import boxcar.intake.ResultReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Jobs that are all in the topic before the workers, which are held still meanwhile, may take the
 * first. However many they are, only some results are kept. For one use.
 */
final class Backlog {
    /** Jobs in memory at once when they are sent: so many, or so many bytes. */
    private static final int SENT_AT_ONCE = 1000;

    private static final int BYTES_AT_ONCE = 16 << 20;

    /** Results whose content is looked at. Of more than that, each second, third, … is. */
    private static final int KEPT = 2000;

    private static final Duration STALL = Duration.ofMinutes(3);

    /** A worker's fetches that wait at the broker end within half a second. */
    private static final Duration FETCHES = Duration.ofMillis(700);

    /**
     * Between two looks. A reader that waited for each result by itself would cost the broker more
     * than some of what is measured; a result's time is its record's, not that of its reading.
     */
    private static final Duration LOOK = Duration.ofMillis(200);

    private static final int PARTS = 10;

    private final BenchStand stand;
    private final Recipe recipe;
    private final int jobs;
    private final String prefix = "bench-" + UUID.randomUUID() + "-";
    private final BitSet seen = new BitSet();
    private final List<byte[]> kept = new ArrayList<>();
    private final List<Instant> parts = new ArrayList<>();
    private int count;
    private Instant first = Instant.MAX;
    private Instant last = Instant.MIN;

    Backlog(BenchStand stand, Recipe recipe, int jobs) {
        this.stand = stand;
        this.recipe = recipe;
        this.jobs = jobs;
    }

    /**
     * How it was carried out.
     *
     * @param went when the workers were let go on
     * @param first when the first result was published
     * @param last when the last was
     * @param parts when each tenth of the results was there; fewer parts if there are fewer jobs
     * @param sample some of the results
     */
    record Done(
            int jobs,
            Instant went,
            Instant first,
            Instant last,
            List<Instant> parts,
            List<ObjectNode> sample) {
        /** From the moment in which the workers could begin to the last result. */
        double perSecond() {
            return jobs * 1000.0 / Math.max(1, Duration.between(went, last).toMillis());
        }

        long firstMillis() {
            return Math.max(0, Duration.between(went, first).toMillis());
        }
    }

    /** Holds the workers, sends the jobs, lets the workers go on, and waits for all results. */
    Done carryOut(BenchWorker... workers) throws Exception {
        BenchWorker.holdAtRest(workers);
        Thread.sleep(FETCHES);
        send();
        try (ResultReader results = stand.ownClient().readResults()) {
            Instant went = Instant.now();
            for (BenchWorker worker : workers) {
                worker.goOn();
            }
            await(results);
            List<ObjectNode> sample = new ArrayList<>();
            for (byte[] value : kept) {
                ObjectNode result = ResultCodec.toJson(value);
                recipe.check(result);
                sample.add(result);
            }
            return new Done(jobs, went, first, last, List.copyOf(parts), sample);
        }
    }

    private void send() throws Exception {
        Map<String, byte[]> some = new LinkedHashMap<>();
        long bytes = 0;
        for (int i = 0; i < jobs; i++) {
            byte[] job = BenchStand.bytes(recipe.job(prefix + i));
            some.put(prefix + i, job);
            bytes += job.length;
            if (some.size() == SENT_AT_ONCE || bytes > BYTES_AT_ONCE || i == jobs - 1) {
                stand.ownClient().sendAll(JobTopic.EXECUTE, some);
                some.clear();
                bytes = 0;
            }
            if (jobs >= 10 * SENT_AT_ONCE && (i + 1) % (jobs / PARTS) == 0) {
                BenchStand.say("Sent %,d of %,d jobs".formatted(i + 1, jobs));
            }
        }
    }

    private void await(ResultReader results) throws Exception {
        int missing = jobs;
        long end = System.nanoTime() + STALL.toNanos();
        while (missing > 0) {
            for (BoxcarClient.Raw raw : results.next(LOOK)) {
                if (count(raw)) {
                    missing--;
                    end = System.nanoTime() + STALL.toNanos();
                }
            }
            if (System.nanoTime() - end > 0) {
                throw new IOException(
                        "%d of %d jobs have no result, and none came for %s"
                                .formatted(missing, jobs, STALL));
            }
            Thread.sleep(LOOK);
        }
    }

    /**
     * @return whether it is the first result of one of these jobs
     */
    private boolean count(BoxcarClient.Raw raw) {
        String key = raw.key();
        byte[] value = raw.value();
        if (key == null || value == null || !key.startsWith(prefix)) {
            return false;
        }
        int number = Integer.parseInt(key.substring(prefix.length()));
        if (seen.get(number)) {
            return false;
        }
        seen.set(number);
        first = raw.at().isBefore(first) ? raw.at() : first;
        last = raw.at().isAfter(last) ? raw.at() : last;
        if (number % ((jobs + KEPT - 1) / KEPT) == 0) {
            kept.add(value);
        }
        notePart();
        return true;
    }

    private void notePart() {
        count++;
        if (count % Math.max(1, jobs / PARTS) == 0 && parts.size() < PARTS) {
            parts.add(last);
            if (jobs >= 10 * SENT_AT_ONCE) {
                BenchStand.say("%,d of %,d results".formatted(count, jobs));
            }
        }
    }
}
