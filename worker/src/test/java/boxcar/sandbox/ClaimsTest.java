package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Fault;
import boxcar.sandbox.SandboxSettings.Choice;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimsTest {
    /** struct flock of fcntl(2): F_WRLCK, SEEK_SET, all of the file; 6 is F_SETLK. */
    private static final String LOCK =
            "open F, '>>', shift; $lock = pack 's s x4 q q i x4', 1, 0, 0, 0, 0; ";

    @TempDir Path locks = Path.of("unset");

    @Test
    void numbersAreTakenFromTheStartOfTheRange() throws Fault {
        try (Claims claims = Claims.take(range(5, 9, 2))) {
            assertEquals(List.of(5, 6), claims.numbers());
        }
    }

    @Test
    void numbersOfAnotherPoolAreSkippedAndFreeWhenItCloses() throws Fault {
        try (Claims first = Claims.take(range(5, 9, 2))) {
            try (Claims second = Claims.take(range(5, 9, 9))) {
                assertEquals(List.of(7, 8, 9), second.numbers());
            }
            assertEquals(List.of(5, 6), first.numbers());
        }
        try (Claims third = Claims.take(range(5, 9, 9))) {
            assertEquals(List.of(5, 6, 7, 8, 9), third.numbers());
        }
    }

    @Test
    void aRangeThatIsAllHeldIsAFaultThatSaysWhatToDo() throws Fault {
        try (Claims all = Claims.take(range(5, 6, 2))) {
            Fault e = assertThrows(Fault.class, () -> Claims.take(range(5, 6, 1)));

            assertEquals(2, all.numbers().size());
            assertEquals("box", e.step());
            assertTrue(
                    String.valueOf(e.getMessage())
                            .endsWith("widen the range of boxes, or run fewer replicas"));
        }
    }

    @Test
    void aNumberThatAnotherProcessHoldsIsSkipped() throws Exception {
        String holder = LOCK + "fcntl F, 6, $lock or die $!; syswrite STDOUT, 'x'; <STDIN>";
        Process other =
                new ProcessBuilder("perl", "-e", holder, locks.resolve("5").toString()).start();
        try {
            assertEquals('x', other.getInputStream().read());
            try (Claims claims = Claims.take(range(5, 6, 2))) {
                assertEquals(List.of(6), claims.numbers());
            }
        } finally {
            other.destroyForcibly().waitFor();
        }
        try (Claims claims = Claims.take(range(5, 6, 2))) {
            assertEquals(List.of(5, 6), claims.numbers());
        }
    }

    @Test
    void anotherProcessSeesOurClaimAlsoAfterASecondPoolLookedAtIt() throws Exception {
        try (Claims claims = Claims.take(range(5, 5, 1))) {
            assertThrows(Fault.class, () -> Claims.take(range(5, 5, 1)));

            assertEquals(List.of(5), claims.numbers());
            Process other =
                    new ProcessBuilder(
                                    "perl",
                                    "-e",
                                    LOCK + "exit(fcntl(F, 6, $lock) ? 0 : 3)",
                                    locks.resolve("5").toString())
                            .start();
            assertEquals(3, other.waitFor());
        }
    }

    @Test
    void aRangeAboveTheCeilingIsRefused() {
        var e = assertThrows(IllegalArgumentException.class, () -> range(0, 1 << 23, 1));

        assertEquals("box range 0 to 8388608 must lie within 0 to 8388607", e.getMessage());
    }

    @Test
    void theLockFileStays() throws Fault, IOException {
        Claims.take(range(5, 5, 1)).close();

        FileChannel.open(locks.resolve("5"), StandardOpenOption.WRITE).close();
    }

    private SandboxSettings range(int first, int last, int wanted) {
        return new SandboxSettings(Choice.AUTO, "isolate", "runc", first, last, wanted, locks);
    }
}
