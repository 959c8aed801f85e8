package boxcar.intake;

import java.time.Duration;

/** What becomes of a record after its delivery was handled. */
sealed interface Settling {
    /** Done: it does not come again. */
    record Accept() implements Settling {}

    /**
     * Given back for another delivery, which comes at once and counts.
     *
     * @param rest how long the slot then takes nothing, so that another replica gets it
     */
    record Release(Duration rest) implements Settling {}
}
