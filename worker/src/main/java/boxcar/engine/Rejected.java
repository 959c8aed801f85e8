package boxcar.engine;

import boxcar.job.Rejection;

/** Carries a rejection from where it is found to where the job ends; never leaves this room. */
final class Rejected extends Exception {
    private final transient Rejection rejection;

    Rejected(Rejection rejection) {
        super(rejection.message());
        this.rejection = rejection;
    }

    /** The value has a form that is not allowed. */
    Rejected(String field, String value, String bound) {
        this(new Rejection(field, value, bound));
    }

    Rejected(Rejection.Code code, String field, String value, String bound) {
        this(new Rejection(code, field, value, bound));
    }

    Rejection rejection() {
        return rejection;
    }
}
