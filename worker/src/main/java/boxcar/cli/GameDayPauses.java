package boxcar.cli;

import boxcar.job.CatalogueLog;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.Ledger;
import java.time.Duration;
import java.util.Optional;

/**
 * For game days alone: stretches the moments that are too short to be killed in. The system
 * property {@code boxcar.gameday.told_seconds} waits after a result was sent and before the job is
 * acknowledged, {@code boxcar.gameday.catalogued_seconds} after a runtime was written to the
 * catalogue's log. Without them nothing is between the rooms.
 */
final class GameDayPauses {
    private GameDayPauses() {}

    static Ledger after(Ledger ledger) {
        Duration pause = seconds("boxcar.gameday.told_seconds");
        return pause.isZero() ? ledger : new SlowLedger(ledger, pause);
    }

    static CatalogueLog after(CatalogueLog log) {
        Duration pause = seconds("boxcar.gameday.catalogued_seconds");
        return pause.isZero() ? log : new SlowLog(log, pause);
    }

    private static Duration seconds(String property) {
        return Duration.ofSeconds(Long.getLong(property, 0));
    }

    private record SlowLedger(Ledger ledger, Duration pause) implements Ledger {
        @Override
        public Optional<Entry> find(String jobId) throws Fault {
            return ledger.find(jobId);
        }

        @Override
        public void record(Entry entry) throws Fault {
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ledger.record(entry);
        }
    }

    private record SlowLog(CatalogueLog log, Duration pause) implements CatalogueLog {
        @Override
        public long append(CatalogueRecord entry) throws Fault, InterruptedException {
            long offset = log.append(entry);
            Thread.sleep(pause);
            return offset;
        }

        @Override
        public long end() throws Fault, InterruptedException {
            return log.end();
        }
    }
}
