package boxcar.runtime;

import boxcar.job.Fault;
import java.sql.SQLException;

/**
 * What an error of SQLite says of its file.
 *
 * @see <a href="https://www.sqlite.org/rescode.html">the codes</a>
 */
enum DatabaseTrouble {
    /** Nothing lasting. */
    PASSING(Fault.Next.RETRY_HERE, ""),
    FULL(
            Fault.Next.TRY_ELSEWHERE,
            " (the disk of the state folder is full: make room, and this replica goes on by itself)"),
    DISK(
            Fault.Next.TRY_ELSEWHERE,
            " (the disk of the state folder fails: see the kernel's log; this replica goes on by itself"
                    + " when it can write again)"),
    DAMAGED(
            Fault.Next.TRY_ELSEWHERE,
            " (the file is damaged: start the worker again, which sets it aside and fills a new one from"
                    + " the catalogue)");

    private final Fault.Next next;
    private final String mend;

    DatabaseTrouble(Fault.Next next, String mend) {
        this.next = next;
        this.mend = mend;
    }

    Fault.Next next() {
        return next;
    }

    String mend() {
        return mend;
    }

    static DatabaseTrouble of(Throwable e) {
        SQLException cause = null;
        for (Throwable each = e; each != null && cause == null; each = each.getCause()) {
            cause = each instanceof SQLException sql && sql.getErrorCode() != 0 ? sql : null;
        }
        if (cause == null) {
            return PASSING;
        }
        // The low byte is the code; an extended code says more above it.
        return switch (cause.getErrorCode() & 0xFF) {
            case 13 -> FULL;
            // Read-only, input/output, cannot open, no lock file.
            case 8, 10, 14, 22 -> DISK;
            // Corrupt, no database.
            case 11, 26 -> DAMAGED;
            default -> PASSING;
        };
    }
}
