package boxcar.runtime;

import static boxcar.jooq.Tables.LEDGER;

import boxcar.job.Fault;
import boxcar.job.Ledger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Query;
import org.jspecify.annotations.Nullable;

/**
 * The ledger in SQLite. Entries older than the time they are kept are forgotten at start.
 *
 * <p>Every job asks it and writes to it once, so both statements are spelled by jOOQ and prepared
 * only once; executing them by jOOQ as well, which goes through the whole of a query to bind it,
 * takes twice the time of SQLite itself. The database's locks keep each to one thread at a time.
 * Results that are published together are written in one transaction.
 */
final class SqlLedger implements Ledger {
    private final Database database;
    private final InstantSource clock;
    private final Prepared find = new Prepared();
    private final Prepared record = new Prepared();
    private final Together<Entry> entries = new Together<>(this::recordAll);

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

    private static Query toFind(DSLContext sql) {
        return sql.select(LEDGER.DIGEST, LEDGER.OUTCOME, LEDGER.RESULT)
                .from(LEDGER)
                .where(LEDGER.JOB_ID.eq(""));
    }

    @Override
    public Optional<Entry> find(String jobId) throws Fault {
        return database.read(sql ->
                find.use(
                        sql,
                        SqlLedger::toFind,
                        statement -> {
                            statement.setString(1, jobId);
                            try (ResultSet row = statement.executeQuery()) {
                                return row.next()
                                        ? Optional.of(
                                                new Entry(
                                                        jobId,
                                                        row.getString(1),
                                                        row.getString(2),
                                                        row.getBytes(3)))
                                        : Optional.empty();
                            }
                        }));
    }

    private static Query toRecord(DSLContext sql) {
        return sql.insertInto(
                        LEDGER,
                        LEDGER.JOB_ID,
                        LEDGER.DIGEST,
                        LEDGER.OUTCOME,
                        LEDGER.RESULT,
                        LEDGER.PUBLISHED_AT)
                .values("", "", "", new byte[0], 0L)
                .onConflictDoNothing();
    }

    @Override
    public void record(Entry entry) throws Fault {
        entries.add(entry);
    }

    /** In one transaction. */
    private void recordAll(List<Entry> all) throws Fault {
        if (all.size() == 1) {
            int _ = database.writeAlone(sql -> insert(sql, all.getFirst()));
        } else {
            int _ = database.write(sql -> all.stream().mapToInt(one -> insert(sql, one)).sum());
        }
    }

    private int insert(DSLContext sql, Entry entry) {
        return record.use(
                sql,
                SqlLedger::toRecord,
                statement -> {
                    statement.setString(1, entry.jobId());
                    statement.setString(2, entry.digest());
                    statement.setString(3, entry.outcome());
                    statement.setBytes(4, entry.result());
                    statement.setLong(5, clock.millis());
                    return statement.executeUpdate();
                });
    }

    /** A statement that is prepared when it is first used, and after it has failed. */
    private static final class Prepared {
        private @Nullable PreparedStatement statement;

        <T> T use(DSLContext sql, Spelling spelling, Use<T> use) {
            return sql.connectionResult(connection -> {
                PreparedStatement ready = statement;
                if (ready == null) {
                    ready = connection.prepareStatement(spelling.of(sql).getSQL());
                    statement = ready;
                }
                try {
                    return use.of(ready);
                } catch (SQLException e) {
                    statement = null;
                    closeAfter(e, ready);
                    throw e;
                }
            });
        }

        private static void closeAfter(SQLException failure, PreparedStatement statement) {
            try {
                statement.close();
            } catch (SQLException e) {
                failure.addSuppressed(e);
            }
        }
    }

    /** What a statement does; its values are those that are bound. */
    @FunctionalInterface
    private interface Spelling {
        Query of(DSLContext sql);
    }

    @FunctionalInterface
    private interface Use<T> {
        T of(PreparedStatement statement) throws SQLException;
    }
}
