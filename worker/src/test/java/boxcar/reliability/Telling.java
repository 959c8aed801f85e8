package boxcar.reliability;

import org.junit.jupiter.api.BeforeEach;

/** Tests that tell the figures of their runs. */
public abstract class Telling implements Told {
    private String outcome = "";

    @BeforeEach
    void nothingIsToldYet() {
        outcome = "";
    }

    /** Also on stdout, for who reads the log of a test that failed after it. */
    protected final void tell(String figures) {
        outcome = figures;
        System.out.println(getClass().getSimpleName() + ": " + figures);
    }

    @Override
    public final String outcome() {
        return outcome;
    }
}
