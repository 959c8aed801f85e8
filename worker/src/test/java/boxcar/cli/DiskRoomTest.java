package boxcar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk of 16 MiB, which is small: an eighth of it is the room that one that was full must win.
 */
class DiskRoomTest {
    private static final long MIB = 1 << 20;

    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init")
    private SmallDisk disk;

    @BeforeEach
    void aSmallDisk() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root mounts");
        disk = new SmallDisk(folder, 16);
    }

    @AfterEach
    void away() throws Exception {
        if (disk != null) {
            disk.unmount();
        }
    }

    @Test
    void asMuchAsTheLeastIsEnoughForADiskThatWasNotFull() throws Exception {
        DiskRoom room = new DiskRoom(folder, 6 * MIB);
        disk.fill(10);
        assertFalse(room.isFull(false));
    }

    @Test
    void lessThanTheLeastIsFull() throws Exception {
        DiskRoom room = new DiskRoom(folder, 6 * MIB);
        disk.fill(11);
        assertTrue(room.isFull(false));
        assertTrue(room.isFull(true));
    }

    @Test
    void aDiskThatWasFullHasRoomWithAnEighthOfItMore() throws Exception {
        DiskRoom room = new DiskRoom(folder, 6 * MIB);
        disk.fill(9);
        assertTrue(room.isFull(true));
        disk.free();
        disk.fill(8);
        assertFalse(room.isFull(true));
    }

    @Test
    void whatAFailedJobGivesBackIsNoRoomEvenWhereAnyRoomWillDo() throws Exception {
        DiskRoom room = new DiskRoom(folder, 0);
        disk.fill(17);
        assertTrue(room.isFull(false));
        disk.free();
        disk.fill(14);
        assertTrue(room.isFull(true));
        disk.free();
        disk.fill(13);
        assertFalse(room.isFull(true));
    }

    @Test
    void aLeastOfNothingIsWhatAWriteTakes() {
        assertEquals(MIB, new DiskRoom(folder, 0).least());
    }
}
