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

    /** The value has a form that is not allowed. */
    static Refusal of(String field, String value, String bound) {
        return of(Rejection.Code.INVALID, field, value, bound);
    }

    static Refusal of(Rejection.Code code, String field, String value, String bound) {
        return new Refusal(new Rejection(code, field, value, bound));
    }

    /** There is no value to show. */
    static Refusal of(Rejection.Code code, String field, String bound) {
        return new Refusal(new Rejection(code, field, null, bound));
    }

    /** The message names the value first: "tests[1].id 'a' must not be ...". */
    static Refusal naming(Rejection.Code code, String field, String value, String bound) {
        return new Refusal(new Rejection(code, field, value, bound).sayingThatItsValue(bound));
    }

    /** The value is one of several in the field. */
    static Refusal having(Rejection.Code code, String field, String value, String bound) {
        return new Refusal(new Rejection(code, field, value, bound).sayingThatItHas());
    }

    /** There is more of something than may be. */
    static Refusal tooMany(String field, long count, long cap, String unit) {
        String bound = "must have at most " + cap + " " + unit;
        return new Refusal(
                new Rejection(
                        Rejection.Code.ABOVE_MAXIMUM,
                        field,
                        Long.toString(count),
                        bound,
                        Rejection.Range.upTo((double) cap, unit),
                        field + " " + bound + ", but has " + count));
    }

    Rejection rejection() {
        return rejection;
    }
}
