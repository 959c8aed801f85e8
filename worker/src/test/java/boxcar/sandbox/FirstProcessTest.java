package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** That init.c understands the call is what the contract test of runc tells. */
class FirstProcessTest {
    @Test
    void whatIsWrittenIsRead() {
        FirstProcess call =
                new FirstProcess(
                        2_000_000_007, 64, 3, List.of("A=1", "B="), List.of("/bin/echo", "A=1"));
        assertEquals(call, FirstProcess.of(call.arguments()));
    }

    @Test
    void noVariablesAreReadTooAndOneWordIsACommand() {
        FirstProcess call = new FirstProcess(7, 1, 0, List.of(), List.of("/bin/true"));
        assertEquals(call, FirstProcess.of(call.arguments()));
    }

    @Test
    void anotherProgramIsNoSuchCall() {
        IllegalArgumentException refusal =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> FirstProcess.of(List.of("/bin/bash", "main.sh")));
        assertEquals("no call of the first process: [/bin/bash, main.sh]", refusal.getMessage());
    }
}
