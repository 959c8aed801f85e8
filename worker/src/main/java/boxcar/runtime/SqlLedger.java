package boxcar.runtime;

import static boxcar.jooq.Tables.LEDGER;

import boxcar.job.Fault;
import boxcar.job.Ledger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** The ledger in SQLite. Entries older than the time they are kept are forgotten at start. */
final class SqlLedger implements Ledger {
    private final Database database;
    private final InstantSource clock;

    SqlLedger(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Forgets what is older than this. */
    int forget(Duration kept) throws Fault {
        long before = clock.instant().minus(kept).toEpochMilli();
        return database.write(
                sql -> sql.deleteFrom(LEDGER).where(LEDGER.PUBLISHED_AT.lt(before)).execute());
    }

    @Override
    public Optional<Entry> find(String jobId) throws Fault {
        return database.read(sql ->
                sql.selectFrom(LEDGER)
                        .where(LEDGER.JOB_ID.eq(jobId))
                        .fetchOptional(row ->
                                new Entry(
                                        row.getJobId(),
                                        row.getDigest(),
                                        row.getOutcome(),
                                        row.getResult())));
    }

    @Override
    public void record(Entry entry) throws Fault {
        database.write(sql ->
                sql.insertInto(LEDGER)
                        .set(LEDGER.JOB_ID, entry.jobId())
                        .set(LEDGER.DIGEST, entry.digest())
                        .set(LEDGER.OUTCOME, entry.outcome())
                        .set(LEDGER.RESULT, entry.result())
                        .set(LEDGER.PUBLISHED_AT, clock.millis())
                        .onConflictDoNothing()
                        .execute());
    }
}
