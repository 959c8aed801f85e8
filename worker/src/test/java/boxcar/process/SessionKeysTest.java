package boxcar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.reliability.Must;
import boxcar.reliability.Tried;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** No namespace parts session keyrings: a process has its parent's unless it is given another. */
class SessionKeysTest {
    /** As syscall, which would change its strings, and so refuses constants. */
    private static final String CALL =
            "sub c { my @a = @_; my $n = shift @a; return syscall $n, @a } ";

    private static String perl(String script) throws Exception {
        Finished finished =
                OsProcess.run(
                        Command.tool(List.of("/usr/bin/perl", "-e", script)),
                        Duration.ofSeconds(20));
        return finished.out();
    }

    @Tried(
            "A key left in the session keyring of a worker that was started in a session, as systemd gives one")
    @Must("not found by the next process that the worker starts; nor are the worker's own")
    @Test
    void aProcessHasASessionKeyringOfItsOwn() throws Exception {
        assumeTrue("amd64".equals(System.getProperty("os.arch")), "system calls are numbered");
        try (Arena arena = Arena.ofConfined()) {
            Libc.leaveKeyring(arena);
        }
        String add = CALL + "print c(248, 'user', 'boxcar:session', 'x', 1, -3) > 0 ? 'added' : $!";
        assumeTrue(perl(add).equals("added"), "keys are closed on this host");

        // KEYCTL_SEARCH in the session keyring.
        assertEquals("-1", perl(CALL + "print c(250, 10, -3, 'user', 'boxcar:session', 0)"));
    }
}
