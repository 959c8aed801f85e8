package boxcar.intake;

import boxcar.job.Rejection;

/**
 * Carries a rejection from the check that found it to the door of this room, which hands it on as
 * the value it is. It has no stack trace: it tells of the job, not of our code.
 */
final class Refusal extends Exception {
    private final Rejection rejection;

    Refusal(Rejection rejection) {
        super(rejection.message(), null, false, false);
        this.rejection = rejection;
    }

    static Refusal of(String field, String value, String bound) {
        return new Refusal(new Rejection(field, value, bound));
    }

    /** There is no value to show. */
    static Refusal of(String field, String bound) {
        return new Refusal(new Rejection(field, null, bound));
    }

    Rejection rejection() {
        return rejection;
    }
}
