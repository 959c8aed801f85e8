package boxcar.reliability;

/** A test that can tell more of its run than whether it passed. */
public interface Told {
    /** Name and version of the engine that was used; empty where it has no column of its own. */
    default String engine() {
        return "";
    }

    /** How what was tried ended, in a word or two, or its figures; without bars and line ends. */
    String outcome();
}
