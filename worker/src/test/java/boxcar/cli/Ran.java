package boxcar.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * What a command of Boxcar did that ran in this process; tests that use it do not run in parallel.
 */
record Ran(int exit, String out, String err, Duration took) {
    static Ran boxcar(String... arguments) {
        PrintStream stdout = System.out;
        PrintStream stderr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringWriter err = new StringWriter();
        ByteArrayOutputStream direct = new ByteArrayOutputStream();
        long start = System.nanoTime();
        try {
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(direct, true, StandardCharsets.UTF_8));
            int exit = Main.commandLine().setErr(new PrintWriter(err, true)).execute(arguments);
            return new Ran(
                    exit,
                    out.toString(StandardCharsets.UTF_8),
                    err + direct.toString(StandardCharsets.UTF_8),
                    Duration.ofNanos(System.nanoTime() - start));
        } finally {
            System.setOut(stdout);
            System.setErr(stderr);
        }
    }
}
