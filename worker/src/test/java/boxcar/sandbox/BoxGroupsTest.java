package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import boxcar.job.Fault;
import boxcar.job.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BoxGroupsTest {
    private static final int BOX = 990;

    /** Above what pids.max takes: 4,194,304 (PID_MAX_LIMIT, include/linux/threads.h). */
    private static final Limits IMPOSSIBLE = limits(5_000_000);

    private static final Limits POSSIBLE = limits(5);

    private static Limits limits(int processes) {
        Duration second = Duration.ofSeconds(1);
        return new Limits(second, second, second, 65_536, 1024, 64, processes, 64);
    }

    private static long openFiles() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Test
    void aGroupWhoseLimitsCannotBeSetIsClosedAndRemoved() throws Exception {
        Cgroups host = Cgroups.detect();
        assumeTrue(host.present());
        host.sweep(BoxGroups.name(BOX));
        try (BoxGroups groups = BoxGroups.open(host, BOX)) {
            groups.giveBack(groups.take(POSSIBLE));
            long before = openFiles();

            for (int i = 0; i < 10; i++) {
                Fault fault = assertThrows(Fault.class, () -> groups.take(IMPOSSIBLE));
                assertEquals("sandbox", fault.step(), fault::getMessage);
                assertThrows(Fault.class, () -> groups.take(POSSIBLE));
                groups.giveBack(groups.take(POSSIBLE));
            }

            // The last group may be on its way out, and the next one not there yet.
            long more = openFiles() - before;
            assertTrue(more < 10, () -> more + " more open files than before");
        } finally {
            host.sweep(BoxGroups.name(BOX));
        }
    }
}
