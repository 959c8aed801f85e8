package boxcar.runtime;

import boxcar.files.Trees;
import boxcar.job.Fault;
import boxcar.job.Ledger;
import boxcar.parts.BenchFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The two questions that every job puts to SQLite, in a file on the disk of temporary files. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class LedgerBench {
    private static final String DIGEST = "0".repeat(64);

    private final byte[] result = new byte[300];
    private Path folder;
    private Database database;
    private Ledger ledger;
    private long jobs;

    @Setup
    public void open() throws IOException, Fault {
        folder = BenchFolder.make();
        database = Database.open(folder.resolve("boxcar.sqlite"));
        ledger = new SqlLedger(database, InstantSource.system());
    }

    @TearDown
    public void close() throws IOException {
        database.close();
        Trees.delete(folder);
    }

    @Benchmark
    public void ledgerWrite() throws Fault {
        ledger.record(new Ledger.Entry("job-" + jobs++, DIGEST, "SUCCEEDED", result));
    }

    /** Of a job that is not there, as nearly all are. */
    @Benchmark
    public Object ledgerLookUp() throws Fault {
        return ledger.find("unknown-" + jobs++);
    }
}
