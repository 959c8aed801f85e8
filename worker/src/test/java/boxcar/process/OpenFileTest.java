package boxcar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFileTest {
    private static final Duration LONG = Duration.ofSeconds(90);

    @Test
    void aProgramInMemoryIsStartedAndNobodyCanChangeIt() throws Exception {
        byte[] image = Files.readAllBytes(Path.of("/bin/echo"));
        try (OpenFile program = OpenFile.program("a-program", image)) {
            Path path = Path.of("/proc/self/fd/" + program.descriptor());
            assertTrue(Files.readSymbolicLink(path).toString().startsWith("/memfd:a-program"));
            String place = "/proc/" + ProcessHandle.current().pid() + "/fd/" + program.descriptor();

            assertEquals("yes", OsProcess.run(Command.tool(List.of(place, "yes")), LONG).out());
            IOException refusal =
                    assertThrows(IOException.class, () -> Files.write(path, new byte[] {1, 2, 3}));
            assertEquals(path + ": Operation not permitted", refusal.getMessage());
            assertEquals(image.length, Files.size(path));
        }
    }

    @Test
    void whatIsNotThereCannotBeOpened(@TempDir Path folder) {
        assertEquals(
                "cannot open " + folder + "/none: No such file or directory",
                assertThrows(IOException.class, () -> OpenFile.toWrite(folder.resolve("none")))
                        .getMessage());
    }
}
