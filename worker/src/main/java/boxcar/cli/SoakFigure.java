package boxcar.cli;

/**
 * What a soak watches, and how far the median of the last third of its samples may lie above that
 * of the middle one. The first third is not judged: classes are loaded, code is compiled, and the
 * pools fill. What grows by a job is seen as soon as it has grown by the least allowance within a
 * third: with 600 jobs in a third, that is 7 KiB of heap a job.
 */
enum SoakFigure {
    /** After a full collection at each sample, so that only what is reachable counts. */
    HEAP("heap after GC, KiB", 0.10, 4096),

    /** The collector gives memory back late, and malloc keeps arenas: a tenth, or 24 MiB. */
    RESIDENT("resident, KiB", 0.10, 24_576),

    /**
     * Connections come and go with the broker's idle time, and stages have pipes. One that is lost
     * with each kill is seen: there are some ten in a third of half an hour.
     */
    DESCRIPTORS("descriptors", 0, 8),

    /** Of the operating system: the pool under the virtual threads breathes. */
    THREADS("threads", 0, 4),

    /**
     * Without the database. One runtime more may be there at one sample than at another, and the
     * work directories of what runs just then.
     */
    STATE("state folder, KiB", 0.10, 256),

    /**
     * The ledger remembers each result for days, so it grows evenly; an append log of up to some
     * MiB comes and goes. It may not grow faster than before.
     */
    DATABASE("database, KiB", 0, 4096) {
        @Override
        long bound(long first, long middle) {
            return middle + Math.max(0, middle - first) + Math.max((middle - first) / 2, 4096);
        }
    },

    /** Of the whole range. A worker that was killed leaves its boxes until they are swept. */
    BOX_FOLDERS("box folders", 0, 6),

    /** Over all hierarchies; likewise. */
    GROUPS("control groups", 0, 9),

    /** One for each job at once at most; likewise. */
    MOUNTS("mounts", 0, 8);

    private final String title;
    private final double share;
    private final long least;

    SoakFigure(String title, double share, long least) {
        this.title = title;
        this.share = share;
        this.least = least;
    }

    String title() {
        return title;
    }

    /** The most that the last third's median may be. */
    long bound(long first, long middle) {
        return middle + Math.max(Math.round(middle * share), least);
    }
}
