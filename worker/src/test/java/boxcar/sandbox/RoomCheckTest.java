package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Captured;
import boxcar.job.Ending;
import boxcar.job.Fault;
import boxcar.job.Stage;
import boxcar.job.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoomCheckTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path home;

    private Path work() {
        return home.resolve("work");
    }

    private Scratch scratch() {
        return new Scratch(home);
    }

    @BeforeEach
    void folders() throws IOException {
        Files.createDirectory(scratch().tmp());
        Files.createDirectory(scratch().shm());
    }

    private Ending look(Ending.How how) throws Fault {
        Stage stage = Given.sh(work(), "exit 1").stage();
        Ending ending =
                new Ending(how, Usage.UNKNOWN, Captured.NOTHING, Captured.NOTHING, null, null);
        return RoomCheck.look(ending, stage, Instant.EPOCH, scratch());
    }

    @Test
    void aFailureToLookIsAFaultAndNoVerdict() {
        Fault fault = assertThrows(Fault.class, () -> look(new Ending.Exited(1)));

        assertEquals("box", fault.step());
        assertTrue(
                String.valueOf(fault.getMessage())
                        .startsWith("cannot look at what a stage left: java.nio.file.NoSuchFile"),
                fault.getMessage());
    }

    @Test
    void nothingIsLookedAtUnlessTheProgramFailedByItself() throws Exception {
        assertFalse(look(new Ending.Exited(0)).usage().outOfRoom());
        assertFalse(look(new Ending.WallTimeout()).usage().outOfRoom());
    }

    @Test
    void aProgramThatFailedWithoutLargeFilesHadRoom() throws Exception {
        Files.createDirectory(work());

        assertFalse(look(new Ending.Signalled(11)).usage().outOfRoom());
    }
}
