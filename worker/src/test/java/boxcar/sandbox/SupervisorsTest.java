package boxcar.sandbox;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SupervisorsTest {
    private static final String RUN = "isolate\0--box-id=5\0--silent\0--run\0--\0/bin/sh\0";

    @Test
    void aRunningIsolateIsKnownByItsBox() {
        assertTrue(Supervisors.supervises(RUN, 5));
        assertFalse(Supervisors.supervises(RUN, 50));
    }

    @Test
    void whatItsProgramIsGivenIsNoneOfItsArguments() {
        String forged = RUN + "--box-id=7\0--run\0--\0";

        assertTrue(Supervisors.supervises(forged, 5));
        assertFalse(Supervisors.supervises(forged, 7));
    }

    @Test
    void anIsolateThatMakesABoxRunsNothing() {
        assertFalse(Supervisors.supervises("isolate\0--box-id=5\0--init\0", 5));
    }
}
