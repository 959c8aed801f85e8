package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.job.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateLockTest {
    @TempDir Path folder;

    @Test
    void aFolderBelongsToOneAndIsGivenBack() throws Exception {
        try (var _ = StateLock.take(folder)) {
            Fault taken = assertThrows(Fault.class, () -> StateLock.take(folder));
            assertTrue(
                    String.valueOf(taken.getMessage()).startsWith("another worker uses " + folder),
                    taken::toString);
        }
        StateLock.take(folder).close();
    }

    @Test
    void whoIsRefusedLeavesNoFileOpen() throws Exception {
        try (var _ = StateLock.take(folder)) {
            long before = open();
            assertThrows(Fault.class, () -> StateLock.take(folder));
            assertEquals(before, open());
        }
    }

    private long open() throws IOException {
        Path lock = folder.resolve("lock");
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.filter(descriptor -> leadsTo(descriptor, lock)).count();
        }
    }

    private static boolean leadsTo(Path descriptor, Path file) {
        try {
            return Files.readSymbolicLink(descriptor).equals(file);
        } catch (IOException e) {
            // closed meanwhile
            return false;
        }
    }
}
