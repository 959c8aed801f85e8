package boxcar.job;

/** Hears what a long job says while it runs. Never blocks and never fails: progress may be lost. */
@FunctionalInterface
public interface Progress {
    Progress NONE = (tag, text) -> {};

    void line(Tag tag, String text);

    /** What a line is; the words of the wire. */
    enum Tag {
        HEADING,
        NOTE,
        OUTPUT
    }
}
