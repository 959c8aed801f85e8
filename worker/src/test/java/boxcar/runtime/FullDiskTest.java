package boxcar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.cli.SmallDisk;
import boxcar.job.Fault;
import boxcar.job.Ledger;
import boxcar.job.Limits;
import boxcar.job.RuntimeDefinition;
import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What this room does when its disk is full, or its file is damaged under it. */
class FullDiskTest {
    private static final byte[] RESULT = new byte[20_000];

    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init")
    private SmallDisk disk;

    private Path state = Path.of("unset");

    @BeforeEach
    void aSmallDisk() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root mounts");
        state = folder.resolve("state");
        disk = new SmallDisk(state, 8);
    }

    @AfterEach
    void away() throws Exception {
        disk.unmount();
    }

    private static Ledger.Entry entry(int number) {
        return new Ledger.Entry("job-" + number, "digest", "SUCCEEDED", RESULT);
    }

    /** Writes until it fails; returns how many are in it. */
    private static int fill(SqlLedger ledger, Fault[] fault) throws Exception {
        for (int i = 0; i < 2_000; i++) {
            try {
                ledger.record(entry(i));
            } catch (Fault e) {
                fault[0] = e;
                return i;
            }
        }
        throw new AssertionError("the disk is not full");
    }

    @Tried("The disk of the state folder becomes full while SQLite commits")
    @Must(
            "a fault, to be tried elsewhere, that says to make room; what was committed stays; it goes on when there is room")
    @Test
    void aCommitWithoutRoomIsAFaultOfThisHostUntilThereIsRoom() throws Exception {
        try (Database database = Database.open(state.resolve("boxcar.sqlite"))) {
            SqlLedger ledger = new SqlLedger(database, InstantSource.system());
            disk.fill(5);
            Fault[] fault = new Fault[1];

            int written = fill(ledger, fault);

            assertEquals(Fault.Next.TRY_ELSEWHERE, fault[0].next());
            assertEquals("database", fault[0].step());
            assertTrue(say(fault[0]).contains("make room"), () -> say(fault[0]));
            assertEquals(DatabaseTrouble.FULL, database.trouble());
            assertTrue(ledger.find("job-" + (written - 1)).isPresent());

            disk.free();

            assertEquals(DatabaseTrouble.PASSING, database.trouble());
            ledger.record(entry(written));
            assertTrue(ledger.find("job-" + written).isPresent());
        }
    }

    @Test
    void aFullDiskAtTheStartIsNoDamage() throws Exception {
        Path file = state.resolve("boxcar.sqlite");
        try (Database database = Database.open(file)) {
            new SqlLedger(database, InstantSource.system()).record(entry(1));
        }
        disk.fill(9);
        try {
            Database.open(file).close();
        } catch (Fault fault) {
            assertEquals("database", fault.step());
            assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        }
        assertFalse(Files.exists(state.resolve("boxcar.sqlite.damaged")));
        disk.free();
        try (Database database = Database.open(file)) {
            assertTrue(new SqlLedger(database, InstantSource.system()).find("job-1").isPresent());
        }
    }

    @Tried("The disk of the state folder is full while a runtime's files are written")
    @Must(
            "a fault, to be tried elsewhere, that says to make room; it is written when there is room")
    @Test
    void aRuntimeWithoutRoomIsAFaultOfThisHost() throws Exception {
        Shelf shelf = new Shelf(state);
        Limits limits =
                new Limits(
                        Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ZERO, 9, 9, 9, 9, 9);
        RuntimeDefinition definition =
                new RuntimeDefinition("x", "main.x", "{}", null, "run it", limits);
        Environment environment = Environment.parse("A=b\0".getBytes(StandardCharsets.UTF_8));
        Path staged = shelf.stage("runtime");
        disk.fill(9);

        Fault fault = assertThrows(Fault.class, () -> shelf.write(staged, definition, environment));

        assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next());
        assertTrue(say(fault).contains("make room"), () -> say(fault));
        disk.free();
        shelf.write(staged, definition, environment);
        assertTrue(Files.exists(shelf.shelve(staged, 7, "digest").resolve("run")));
    }

    @Tried("The SQLite file is overwritten while it is in use")
    @Must(
            "a fault, to be tried elsewhere, that says to start the worker again; the next start makes it anew")
    @Test
    void aFileThatIsDamagedWhileInUseIsAFaultThatTakesANewStart() throws Exception {
        Path file = state.resolve("boxcar.sqlite");
        try (Database database = Database.open(file)) {
            SqlLedger ledger = new SqlLedger(database, InstantSource.system());
            for (int i = 0; i < 150; i++) {
                ledger.record(entry(i));
            }
            damage(file);

            Fault fault =
                    assertThrows(
                            Fault.class,
                            () -> {
                                for (int i = 0; i < 150; i++) {
                                    ledger.find("job-" + i);
                                    ledger.record(entry(1000 + i));
                                }
                            });

            assertEquals(Fault.Next.TRY_ELSEWHERE, fault.next(), say(fault));
            assertTrue(say(fault).contains("start the worker again"), () -> say(fault));
            assertEquals(DatabaseTrouble.DAMAGED, database.trouble());
        }
        try (Database anew = Database.open(file)) {
            assertEquals(DatabaseTrouble.PASSING, anew.trouble());
            assertTrue(new SqlLedger(anew, InstantSource.system()).find("job-1").isEmpty());
        }
        assertTrue(Files.exists(state.resolve("boxcar.sqlite.damaged")));
    }

    private static String say(Fault fault) {
        return String.valueOf(fault.getMessage());
    }

    private static void damage(Path file) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        byte[] noise =
                "no database ".repeat((int) Files.size(file) / 12).getBytes(StandardCharsets.UTF_8);
        Files.write(file, noise, StandardOpenOption.WRITE);
    }
}
