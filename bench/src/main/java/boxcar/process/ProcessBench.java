package boxcar.process;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A process from its start until it is reaped and its streams are closed. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ProcessBench {
    private final Command command = Command.tool(List.of("/bin/true"));

    @Benchmark
    public int processStart() throws IOException, InterruptedException {
        OsProcess process = OsProcess.start(command, capture(), capture());
        if (process.await(Duration.ofSeconds(10)) == null || !process.awaitStreams()) {
            throw new IOException("/bin/true does not end");
        }
        return process.exit();
    }

    private static Capture capture() {
        return new Capture(1 << 16, 1 << 16, (_, _) -> {}, () -> {});
    }
}
