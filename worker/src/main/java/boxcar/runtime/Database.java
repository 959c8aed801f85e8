package boxcar.runtime;

import static boxcar.jooq.Tables.CATALOGUE_POSITION;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.conf.FetchTriggerValuesAfterReturning;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteErrorCode;

/**
 * The worker's SQLite file: write-ahead log, one writing connection and one reading connection,
 * each used by one thread at a time, so that a reader never waits for a writer.
 *
 * <p>A file that is damaged is set aside and made anew, because the catalogue's log fills it again.
 * A file that cannot be opened for another reason (a full disk, a lock, no permission) stays,
 * because the answers in it are needed; a file of a newer Boxcar is refused, because only that one
 * knows what it says.
 */
final class Database implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Database.class);
    private static final String STEP = "database";

    /**
     * A file that was full is used again when there is this much; it grows by a result at a time.
     */
    private static final long ROOM = 1 << 20;

    private final Path file;
    private final Connection writing;
    private final Connection reading;
    private final DSLContext write;
    private final DSLContext read;
    private final ReentrantLock writeLock = new ReentrantLock();
    private final ReentrantLock readLock = new ReentrantLock();
    private volatile DatabaseTrouble trouble = DatabaseTrouble.PASSING;
    private volatile Runnable onTrouble = () -> {};

    private Database(Path file, Connection writing, Connection reading) {
        this.file = file;
        this.writing = writing;
        this.reading = reading;
        this.write = context(writing);
        this.read = context(reading);
    }

    /**
     * Opens the file, making or migrating it as needed.
     *
     * @throws Fault if the file is a newer Boxcar's, or can be neither opened nor made anew
     */
    static Database open(Path file) throws Fault {
        if (!Files.exists(file)) {
            LOG.info("{} is not there; it is made, and filled from the catalogue's log", file);
        }
        try {
            return tryOpen(file);
        } catch (SQLException | DataAccessException | FlywayException e) {
            DatabaseTrouble trouble = DatabaseTrouble.of(e);
            if (trouble != DatabaseTrouble.DAMAGED) {
                throw new Fault(
                        STEP, Fault.Next.TRY_ELSEWHERE, "cannot open " + file + trouble.mend(), e);
            }
            Path aside = setAside(file);
            LOG.warn(
                    "{} is damaged ({}); it was set aside as {} and is being filled again from the catalogue's log",
                    file,
                    e.getMessage(),
                    aside.getFileName());
        }
        try {
            return tryOpen(file);
        } catch (SQLException | DataAccessException | FlywayException e) {
            throw new Fault(STEP, Fault.Next.TRY_ELSEWHERE, "cannot make " + file, e);
        }
    }

    private static Database tryOpen(Path file) throws SQLException, Fault {
        String url = "jdbc:sqlite:" + file;
        try (Connection probe = DriverManager.getConnection(url)) {
            checkIntegrity(probe);
        }
        migrate(url, file);
        return new Database(file, connect(url), connect(url));
    }

    private static void checkIntegrity(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery("PRAGMA quick_check(1)")) {
            String word = answer.next() ? answer.getString(1) : "nothing";
            if (!"ok".equals(word)) {
                throw new SQLException(
                        "quick_check says: " + word, null, SQLiteErrorCode.SQLITE_CORRUPT.code);
            }
        }
    }

    private static void migrate(String url, Path file) throws Fault {
        Flyway flyway =
                Flyway.configure(Database.class.getClassLoader())
                        .dataSource(url, "", "")
                        .locations("classpath:db/migration")
                        .load();
        var newest = flyway.info().all();
        for (var migration : newest) {
            if (migration.getState().name().startsWith("FUTURE")) {
                throw new Fault(
                        STEP,
                        Fault.Next.GIVE_UP,
                        file
                                + " was written by a newer Boxcar (schema version "
                                + migration.getVersion()
                                + "); run that version, or delete the file: the catalogue fills it again");
            }
        }
        flyway.migrate();
    }

    private static Connection connect(String url) throws SQLException {
        Properties properties = new Properties();
        // Else the driver asks for the last row's number after each statement that writes.
        properties.setProperty("jdbc.get_generated_keys", "false");
        Connection connection = DriverManager.getConnection(url, properties);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode = WAL");
            statement.execute("PRAGMA synchronous = NORMAL");
            statement.execute("PRAGMA busy_timeout = 10000");
            statement.execute("PRAGMA foreign_keys = ON");
        }
        return connection;
    }

    private static DSLContext context(Connection connection) {
        // Without NEVER, jOOQ reads RETURNING back through last_insert_rowid(), which is wrong for
        // upserts and for tables WITHOUT ROWID.
        Settings settings =
                new Settings()
                        .withFetchTriggerValuesAfterReturning(
                                FetchTriggerValuesAfterReturning.NEVER)
                        .withRenderSchema(false);
        return DSL.using(connection, SQLDialect.SQLITE, settings);
    }

    private static Path setAside(Path file) throws Fault {
        Path aside = file.resolveSibling(file.getFileName() + ".damaged");
        try {
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-wal"));
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + "-shm"));
            return aside;
        } catch (IOException e) {
            throw new Fault(
                    STEP, Fault.Next.TRY_ELSEWHERE, "cannot set the damaged " + file + " aside", e);
        }
    }

    <T> T read(Function<DSLContext, T> work) throws Fault {
        readLock.lock();
        try {
            return work.apply(read);
        } catch (DataAccessException e) {
            throw fault("reading failed", e);
        } finally {
            readLock.unlock();
        }
    }

    /** Does the work in one transaction. */
    <T> T write(Function<DSLContext, T> work) throws Fault {
        writeLock.lock();
        try {
            return write.transactionResult(transaction -> work.apply(transaction.dsl()));
        } catch (DataAccessException e) {
            throw fault("writing failed", e);
        } finally {
            writeLock.unlock();
        }
    }

    /**
     * Does one statement's work, which is a transaction by itself; so it is spared the cost of
     * beginning and ending one.
     */
    <T> T writeAlone(Function<DSLContext, T> work) throws Fault {
        writeLock.lock();
        try {
            return work.apply(write);
        } catch (DataAccessException e) {
            throw fault("writing failed", e);
        } finally {
            writeLock.unlock();
        }
    }

    private Fault fault(String what, DataAccessException e) {
        DatabaseTrouble found = DatabaseTrouble.of(e);
        if (found != DatabaseTrouble.PASSING) {
            trouble = found;
            onTrouble.run();
        }
        return new Fault(STEP, found.next(), what + found.mend(), e);
    }

    /** Hears of lasting trouble, on the thread that met it; must be quick. */
    void tell(Runnable hears) {
        onTrouble = hears;
    }

    /**
     * What keeps the file from being used; it is tried anew.
     *
     * @return {@link DatabaseTrouble#PASSING} if it can be used
     */
    DatabaseTrouble trouble() {
        if (trouble == DatabaseTrouble.FULL || trouble == DatabaseTrouble.DISK) {
            try {
                writeAlone(sql ->
                        sql.update(CATALOGUE_POSITION)
                                .set(CATALOGUE_POSITION.NEXT_OFFSET, CATALOGUE_POSITION.NEXT_OFFSET)
                                .execute());
                if (Files.getFileStore(file).getUsableSpace() >= ROOM) {
                    trouble = DatabaseTrouble.PASSING;
                }
            } catch (Fault | IOException e) {
                LOG.debug("the database still fails: {}", e.getMessage());
            }
        }
        return trouble;
    }

    @Override
    public void close() {
        try (writing;
                reading) {
            LOG.debug("closing the database");
        } catch (SQLException e) {
            LOG.warn("the database did not close well: {}", e.getMessage());
        }
    }
}
