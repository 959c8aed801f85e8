package boxcar.runtime;

import static boxcar.jooq.Tables.LEDGER;
import static org.jooq.impl.DSL.param;

import boxcar.job.Fault;
import boxcar.job.Ledger;
import boxcar.jooq.tables.records.LedgerRecord;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jooq.CloseableQuery;
import org.jooq.CloseableResultQuery;
import org.jooq.exception.DataAccessException;

/**
 * The ledger in SQLite. Entries older than the time they are kept are forgotten at start.
 *
 * <p>Every job asks it and writes to it once, so both statements are spelled and prepared only
 * once; the database's locks keep each to one thread at a time.
 */
final class SqlLedger implements Ledger {
    private static final String JOB_ID = "job_id";
    private static final String DIGEST = "digest";
    private static final String OUTCOME = "outcome";
    private static final String RESULT = "result";
    private static final String PUBLISHED_AT = "published_at";

    private final Database database;
    private final InstantSource clock;
    private final CloseableResultQuery<LedgerRecord> find;
    private final CloseableQuery record;

    SqlLedger(Database database, InstantSource clock) throws Fault {
        this.database = database;
        this.clock = clock;
        this.find =
                database.read(sql ->
                        sql.selectFrom(LEDGER)
                                .where(LEDGER.JOB_ID.eq(param(JOB_ID, String.class)))
                                .keepStatement(true));
        this.record =
                database.writeAlone(sql ->
                        sql.insertInto(LEDGER)
                                .set(LEDGER.JOB_ID, param(JOB_ID, String.class))
                                .set(LEDGER.DIGEST, param(DIGEST, String.class))
                                .set(LEDGER.OUTCOME, param(OUTCOME, String.class))
                                .set(LEDGER.RESULT, param(RESULT, byte[].class))
                                .set(LEDGER.PUBLISHED_AT, param(PUBLISHED_AT, Long.class))
                                .onConflictDoNothing()
                                .keepStatement(true));
    }

    /** Forgets what is older than this. */
    int forget(Duration kept) throws Fault {
        long before = clock.instant().minus(kept).toEpochMilli();
        return database.write(
                sql -> sql.deleteFrom(LEDGER).where(LEDGER.PUBLISHED_AT.lt(before)).execute());
    }

    @Override
    public Optional<Entry> find(String jobId) throws Fault {
        return database.read(_ -> {
            try {
                return find.bind(JOB_ID, jobId)
                        .fetchOptional(row ->
                                new Entry(
                                        row.getJobId(),
                                        row.getDigest(),
                                        row.getOutcome(),
                                        row.getResult()));
            } catch (DataAccessException e) {
                throw preparedAnew(find, e);
            }
        });
    }

    @Override
    public void record(Entry entry) throws Fault {
        database.writeAlone(_ -> {
            try {
                return record.bind(JOB_ID, entry.jobId())
                        .bind(DIGEST, entry.digest())
                        .bind(OUTCOME, entry.outcome())
                        .bind(RESULT, entry.result())
                        .bind(PUBLISHED_AT, clock.millis())
                        .execute();
            } catch (DataAccessException e) {
                throw preparedAnew(record, e);
            }
        });
    }

    /** A statement that failed is no good for another try. */
    private static DataAccessException preparedAnew(CloseableQuery query, DataAccessException e) {
        try {
            query.close();
        } catch (DataAccessException closing) {
            e.addSuppressed(closing);
        }
        return e;
    }
}
