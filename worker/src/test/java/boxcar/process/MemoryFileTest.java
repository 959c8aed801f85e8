package boxcar.process;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryFileTest {
    @Test
    void whatAnotherProcessWritesIsRead() throws Exception {
        try (MemoryFile file = MemoryFile.make("told")) {
            write(file, "status:RE");
            assertEquals("status:RE", new String(file.read(100), US_ASCII));
            assertEquals("status", new String(file.read(6), US_ASCII));

            write(file, "time");
            assertEquals("time", new String(file.read(100), US_ASCII), "written anew");

            file.clear();
            assertEquals(0, file.read(100).length);
        }
    }

    @Test
    void itIsOnNoDiskAndGoneOnceItIsClosed() throws Exception {
        MemoryFile file = MemoryFile.make("told");
        assertTrue(Files.readSymbolicLink(file.path()).toString().startsWith("/memfd:told"));

        file.close();

        assertTrue(Files.notExists(file.path()));
        assertEquals(
                "the file in memory is closed",
                assertThrows(IllegalStateException.class, () -> file.read(1)).getMessage());
        file.close();
    }

    private static void write(MemoryFile file, String words) throws Exception {
        Finished dd =
                OsProcess.run(
                        Command.tool(
                                List.of(
                                        "sh",
                                        "-c",
                                        "printf %s \"$0\" > \"$1\"",
                                        words,
                                        "" + file.path())),
                        Duration.ofSeconds(20));
        assertEquals(0, dd.exit(), dd::evidence);
    }
}
