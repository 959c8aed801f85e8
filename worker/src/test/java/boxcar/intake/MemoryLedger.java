package boxcar.intake;

import boxcar.job.Ledger;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** A ledger that forgets when the test ends. */
final class MemoryLedger implements Ledger {
    private final ConcurrentMap<String, Entry> entries = new ConcurrentHashMap<>();

    @Override
    public Optional<Entry> find(String jobId) {
        return Optional.ofNullable(entries.get(jobId));
    }

    @Override
    public void record(Entry entry) {
        entries.putIfAbsent(entry.jobId(), entry);
    }
}
