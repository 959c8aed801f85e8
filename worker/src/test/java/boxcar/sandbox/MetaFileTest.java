package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import boxcar.sandbox.MetaFile.MetaFileException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetaFileTest {
    @Test
    void aRunThatEndsWellHasNoStatus() {
        MetaFile meta = MetaFile.parse("time:0.002\ntime-wall:0.010\nmax-rss:1200\nexitcode:0\n");

        assertNull(meta.status());
        assertNull(meta.message());
        assertEquals(0, meta.exitCode());
        assertEquals(Duration.ofMillis(2), meta.cpuTime());
        assertEquals(Duration.ofMillis(10), meta.wallTime());
        assertEquals(1200L, meta.number("max-rss"));
    }

    @Test
    void aTimeoutIsNotASignalThoughTheSandboxKilledIt() {
        MetaFile meta =
                MetaFile.parse("status:TO\nmessage:Time limit exceeded\nkilled:1\ntime:0.400\n");

        assertTrue(meta.timedOut());
        assertFalse(meta.byWallClock());
        assertTrue(meta.has("killed"));
        assertFalse(meta.has("exitsig"));
    }

    @Test
    void theWallClocksTimeoutIsToldByItsMessage() {
        MetaFile meta = MetaFile.parse("status:TO\nmessage:Time limit exceeded (wall clock)\n");

        assertTrue(meta.byWallClock());
    }

    @Test
    void theLastStatusWinsAndItsMessageMayHoldColons() {
        MetaFile meta =
                MetaFile.parse(
                        "status:TO\nmessage:Time limit exceeded\nstatus:XX\nmessage:open(\"a\"): no: x\n");

        assertEquals("XX", meta.status());
        assertEquals("open(\"a\"): no: x", meta.message());
    }

    @Test
    void aMessageMayGoOnInASecondLine() {
        MetaFile told =
                MetaFile.parse("status:XX\nmessage:Cannot write 1024\n: Device or resource busy\n");

        assertEquals("Cannot write 1024\n: Device or resource busy", told.message());
    }

    @Test
    void keysWeDoNotKnowAreKept() {
        assertEquals("new:er", MetaFile.parse("cg-new:new:er\n").values().get("cg-new"));
    }

    @Test
    void anEmptyFileHasNoFiguresAndNoEnd() {
        MetaFile meta = MetaFile.parse("");

        assertNull(meta.cpuTime());
        assertNull(meta.groupMemoryKib());
        MetaFileException e = assertThrows(MetaFileException.class, meta::exitCode);
        assertEquals("meta file has no 'exitcode': {}", e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"time:abc,time,abc", "time:,time,''"})
    void aFigureThatIsNoNumberIsRefusedByItsKey(String text, String key, String value) {
        MetaFile meta = MetaFile.parse(text + "\n");

        MetaFileException e = assertThrows(MetaFileException.class, meta::cpuTime);
        assertEquals(
                "meta file has no number at '" + key + "' but '" + value + "'", e.getMessage());
    }

    @Test
    void aLineWithoutAColonIsRefused() {
        MetaFileException e =
                assertThrows(MetaFileException.class, () -> MetaFile.parse("time:0.1\ntime-wa"));

        assertEquals("'time-wa' is no line of a meta file", e.getMessage());
    }
}
