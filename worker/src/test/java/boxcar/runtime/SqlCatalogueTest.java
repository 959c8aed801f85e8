package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Catalogue.LogIdentity;
import boxcar.job.CatalogueRecord;
import boxcar.job.Fault;
import boxcar.job.LanguageRuntime;
import boxcar.job.LanguageRuntime.State;
import boxcar.job.Ledger;
import boxcar.job.Limits;
import boxcar.job.RuntimeDefinition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqlCatalogueTest {
    private static final LogIdentity LOG = new LogIdentity("cluster", "topic");
    private static final Limits LIMITS =
            new Limits(
                    Duration.ofMillis(1500), Duration.ofSeconds(1), Duration.ZERO, 2, 3, 4, 5, 6);

    @TempDir Path folder;

    private Database open() throws Fault {
        return Database.open(folder.resolve("boxcar.sqlite"));
    }

    private static CatalogueRecord.Installed installed(String name, String jobId) {
        RuntimeDefinition definition =
                new RuntimeDefinition(name, "main.x", "{}", null, "run it", LIMITS);
        return new CatalogueRecord.Installed(
                definition, "digest-" + name, jobId, Instant.ofEpochMilli(1_700_000_000_123L));
    }

    private static List<String> names(SqlCatalogue catalogue) {
        return catalogue.list().stream().map(r -> r.id() + " " + r.name()).toList();
    }

    @Test
    void aLogThatIsNotFollowedIsAFaultNotAWaitForEver() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database, Duration.ofMillis(20));
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "job"));
            catalogue.awaitFollowed(1);
            Fault late = assertThrows(Fault.class, () -> catalogue.awaitFollowed(2));
            assertEquals("catalogue", late.step());
            assertEquals(Fault.Next.TRY_ELSEWHERE, late.next());
            assertEquals(
                    "this replica has followed the catalogue's log to 1, but not to 2 within 0 s",
                    late.getMessage());
        }
    }

    @Test
    void theOffsetIsTheIdAndAllOfTheDefinitionIsKept() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            assertEquals(0, catalogue.position(LOG));
            catalogue.follow(7, installed("x", "job"));
        }
        try (Database database = open()) {
            LanguageRuntime runtime = new SqlCatalogue(database).find(7).orElseThrow();
            assertEquals(installed("x", "job").definition(), runtime.definition());
            assertEquals(Instant.ofEpochMilli(1_700_000_000_123L), runtime.createdAt());
            assertEquals(State.PENDING, runtime.state());
        }
    }

    @Test
    void theFirstNameWinsInTheOrderOfTheLog() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "first"));
            catalogue.follow(1, installed("x", "second"));
            assertEquals("first", catalogue.find("x").orElseThrow().jobId());
            assertEquals(Optional.empty(), catalogue.find(1));
        }
    }

    @Test
    void aNameIsFreeAgainOnceItsRuntimeIsRemoved() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "first"));
            catalogue.follow(1, new CatalogueRecord.Removed(0, "x", "remove"));
            catalogue.follow(2, installed("x", "third"));
            assertEquals(List.of("2 x"), names(catalogue));
            assertEquals(0, catalogue.removedBy("remove").orElseThrow().runtimeId());
            assertEquals(Optional.empty(), catalogue.removedBy("another"));
        }
    }

    @Test
    void followingGoesOnWhereItEndedAndPassesOverWhatWasFollowed() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "a"));
            catalogue.skip(1);
        }
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            assertEquals(2, catalogue.position(LOG));
            catalogue.follow(0, installed("y", "b"));
            assertEquals(List.of("0 x"), names(catalogue));
        }
    }

    @Test
    void anotherLogIsAnotherCatalogue() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "a"));
            assertEquals(0, catalogue.position(new LogIdentity("cluster", "made anew")));
            assertEquals(List.of(), catalogue.list());
        }
    }

    @Test
    void whatIsSaidOfARuntimeIsKept() throws Exception {
        try (Database database = open()) {
            SqlCatalogue catalogue = new SqlCatalogue(database);
            catalogue.position(LOG);
            catalogue.follow(0, installed("x", "a"));
            catalogue.say(0, State.BROKEN, "no network");
            assertEquals("no network", catalogue.find(0).orElseThrow().fault());
        }
        try (Database database = open()) {
            assertEquals(State.BROKEN, new SqlCatalogue(database).find(0).orElseThrow().state());
        }
    }

    @Test
    void aDamagedFileIsSetAsideAndMadeAnew() throws Exception {
        Path file = folder.resolve("boxcar.sqlite");
        Files.writeString(
                file, "this is no database at all, though it is long enough to look at".repeat(50));
        try (Database database = open()) {
            assertEquals(List.of(), new SqlCatalogue(database).list());
        }
        assertTrue(Files.exists(folder.resolve("boxcar.sqlite.damaged")));
    }

    @Test
    void aFileThatSomebodyHasLockedIsNotDamaged() throws Exception {
        try (Database database = open()) {
            new SqlLedger(database, InstantSource.system())
                    .record(new Ledger.Entry("job", "digest", "SUCCEEDED", new byte[1]));
        }
        Path file = folder.resolve("boxcar.sqlite");
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.execute("pragma locking_mode = exclusive");
            statement.execute("begin exclusive");
            Fault fault = assertThrows(Fault.class, this::open);
            assertEquals("database", fault.step());
            assertTrue(
                    String.valueOf(fault.getMessage()).startsWith("cannot open " + file),
                    fault.getMessage());
            assertTrue(
                    String.valueOf(fault.getMessage()).contains("SQLITE_BUSY"), fault.getMessage());
        }
        assertFalse(Files.exists(folder.resolve("boxcar.sqlite.damaged")));
        try (Database database = open()) {
            assertTrue(
                    new SqlLedger(database, InstantSource.system()).find("job").isPresent(),
                    "the answers are still there");
        }
    }

    @Test
    void whatIsNoFileIsNotDamagedEither() throws Exception {
        Path file = Files.createDirectory(folder.resolve("boxcar.sqlite"));
        Fault fault = assertThrows(Fault.class, this::open);
        assertEquals("database", fault.step());
        assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        assertTrue(Files.isDirectory(file));
        assertFalse(Files.exists(folder.resolve("boxcar.sqlite.damaged")));
    }

    @Test
    void aFileOfANewerBoxcarIsRefused() throws Exception {
        open().close();
        try (var connection =
                        DriverManager.getConnection(
                                "jdbc:sqlite:" + folder.resolve("boxcar.sqlite"));
                var statement = connection.createStatement()) {
            statement.executeUpdate(
                    "insert into flyway_schema_history select 99, '99', 'later', type, 'V99__later.sql',"
                            + " checksum, installed_by, installed_on, execution_time, success from flyway_schema_history"
                            + " where installed_rank = 1");
        }
        Fault fault = assertThrows(Fault.class, this::open);
        assertEquals("database", fault.step());
        assertTrue(
                String.valueOf(fault.getMessage())
                        .contains("was written by a newer Boxcar (schema version 99)"),
                fault.getMessage());
    }

    @Test
    void whatManyThreadsWriteAtOnceIsAllThere() throws Exception {
        try (Database database = open();
                var threads = Executors.newFixedThreadPool(8)) {
            SqlLedger ledger = new SqlLedger(database, InstantSource.system());
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                String id = "job-" + i;
                all.add(
                        threads.submit(() -> {
                            ledger.record(
                                    new Ledger.Entry(id, "of " + id, "SUCCEEDED", new byte[] {1}));
                            return id;
                        }));
            }
            for (Future<?> each : all) {
                String id = String.valueOf(each.get());
                assertEquals("of " + id, ledger.find(id).orElseThrow().digest());
            }
        }
    }

    @Test
    void theLedgerKeepsTheFirstResultAndForgetsOldOnes() throws Exception {
        try (Database database = open()) {
            SqlLedger ledger =
                    new SqlLedger(database, InstantSource.fixed(Instant.ofEpochSecond(1000)));
            ledger.record(new Ledger.Entry("job", "d1", "SUCCEEDED", new byte[] {1}));
            ledger.record(new Ledger.Entry("job", "d2", "FAULT", new byte[] {2}));
            assertEquals("d1", ledger.find("job").orElseThrow().digest());
            SqlLedger later =
                    new SqlLedger(database, InstantSource.fixed(Instant.ofEpochSecond(2000)));
            assertEquals(0, later.forget(Duration.ofSeconds(1000)));
            assertEquals(1, later.forget(Duration.ofSeconds(999)));
            assertEquals(Optional.empty(), later.find("job"));
        }
    }
}
