package boxcar.intake;

/** Where in a job a value stands, as rejections say it: {@code tests[2].expected.stdout}. */
final class FieldPath {
    private static final int SHOWN = 64;

    private FieldPath() {}

    /** A producer's key may be anything: it is shown short, without control characters. */
    static String key(String parent, String key) {
        String shown = key.length() > SHOWN ? key.substring(0, SHOWN) + "…" : key;
        String safe = Utf8.whole(shown).replaceAll("\\p{Cntrl}", "?");
        return parent.isEmpty() ? safe : parent + "." + safe;
    }

    static String item(String parent, int index) {
        return parent + "[" + index + "]";
    }
}
