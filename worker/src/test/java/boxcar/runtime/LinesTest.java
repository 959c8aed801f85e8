package boxcar.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import boxcar.job.Progress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinesTest {
    private final List<String> told = new ArrayList<>();
    private final Lines lines = new Lines((tag, text) -> told.add(tag + " " + text));

    private void print(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        lines.printed(bytes, bytes.length);
    }

    @Test
    void outputIsToldLineByLineHoweverItComes() {
        print("a");
        print("b\nc\n\nd");
        lines.flush();

        assertEquals(List.of("OUTPUT ab", "OUTPUT c", "OUTPUT d"), told);
    }

    @Test
    void aLineWithoutEndIsCut() {
        print("x".repeat(5000));
        lines.flush();

        assertEquals(List.of("OUTPUT " + "x".repeat(4096), "OUTPUT " + "x".repeat(904)), told);
    }

    @Test
    void ofAFloodOnlyTheFirstMegabyteIsTold() {
        for (int i = 0; i < 3 * 1024; i++) {
            print("x".repeat(1023) + "\n");
        }
        lines.flush();

        assertEquals(1025, told.size());
        assertEquals(Progress.Tag.NOTE + " More output is not told here", told.getLast());
    }
}
