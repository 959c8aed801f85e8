package boxcar.runtime;

import boxcar.job.Catalogue;
import boxcar.job.Fault;
import boxcar.job.Ledger;
import boxcar.job.Sandbox;
import boxcar.job.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door of this room: opens the replica's file and folders, and hands out what works on them.
 */
public final class Runtimes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Runtimes.class);

    private final Database database;
    private final SqlCatalogue catalogue;
    private final SqlLedger ledger;
    private final HostWorkshop workshop;
    private final Thread forgetting;

    private Runtimes(
            Database database,
            SqlCatalogue catalogue,
            SqlLedger ledger,
            HostWorkshop workshop,
            Duration kept) {
        this.database = database;
        this.catalogue = catalogue;
        this.ledger = ledger;
        this.workshop = workshop;
        this.forgetting =
                Thread.ofVirtual().name("ledger").start(() -> forgetEachHour(ledger, kept));
    }

    private static void forgetEachHour(SqlLedger ledger, Duration kept) {
        try {
            while (true) {
                try {
                    int forgotten = ledger.forget(kept);
                    LOG.debug("{} old results forgotten", forgotten);
                } catch (Fault fault) {
                    LOG.warn("old results could not be forgotten: {}", fault.getMessage());
                }
                Thread.sleep(Duration.ofHours(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Opens the state folder, making what is not there. The folder must be this replica's alone.
     *
     * @throws Fault if the file or the folders can be neither read nor made
     */
    public static Runtimes open(RuntimeSettings settings, Sandbox sandbox) throws Fault {
        try {
            Files.createDirectories(settings.state());
            // Results, scripts and what is staged are in there.
            Files.setPosixFilePermissions(
                    settings.state(), PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new Fault(
                    "database", Fault.Next.TRY_ELSEWHERE, "cannot make " + settings.state(), e);
        }
        Database database = Database.open(settings.state().resolve("boxcar.sqlite"));
        SqlCatalogue catalogue = new SqlCatalogue(database);
        SqlLedger ledger = new SqlLedger(database, settings.clock());
        return new Runtimes(
                database,
                catalogue,
                ledger,
                new HostWorkshop(settings, catalogue, sandbox),
                settings.ledgerKept());
    }

    public Catalogue catalogue() {
        return catalogue;
    }

    public Ledger ledger() {
        return ledger;
    }

    public Workshop workshop() {
        return workshop;
    }

    /**
     * Removes what belongs to no runtime of the catalogue. To be called once the log was followed
     * to its end: before that, a new file knows no runtime, though their folders may well be there.
     */
    public void reconcile() throws Fault {
        workshop.reconcile();
    }

    /** What keeps this replica's file from being used, for people; empty if nothing does. */
    public Optional<String> trouble() {
        DatabaseTrouble trouble = database.trouble();
        return trouble == DatabaseTrouble.PASSING
                ? Optional.empty()
                : Optional.of("the database cannot be used" + trouble.mend());
    }

    /** Hears at once when something comes to keep it from being used; must be quick. */
    public void onTrouble(Runnable hears) {
        database.tell(hears);
    }

    /** Whether that takes a new start, which makes the file anew. */
    public boolean isDamaged() {
        return database.trouble() == DatabaseTrouble.DAMAGED;
    }

    /** Tries at once to make what could not be made. */
    public void tryAgain() {
        workshop.tryAgain();
    }

    @Override
    public void close() {
        forgetting.interrupt();
        workshop.close();
        database.close();
    }
}
