package boxcar.reliability;

/** A test that can tell more of its run than whether it passed. */
public interface Told {
    /** Name and version of the engine that was used. */
    String engine();

    /** How what was tried ended, in a word or two. */
    String outcome();
}
