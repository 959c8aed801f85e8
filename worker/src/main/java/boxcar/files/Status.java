package boxcar.files;

import java.time.Instant;

/**
 * What statx(2) tells of a file.
 *
 * @param mode its kind, and its twelve bits
 * @param size bytes
 * @param changed when its content was changed last, as the file system says
 */
record Status(int mode, int user, int group, long size, Instant changed) {
    private static final int KIND = 0170000;
    private static final int PERMISSIONS = 0777;
    private static final int SPECIAL = 07000;
    private static final int OWNERS = 0700;

    /** The kinds that matter here; what is none of the others is a FIFO, a socket or a device. */
    enum Kind {
        FOLDER,
        REGULAR,
        LINK,
        OTHER
    }

    Kind kind() {
        return kind(mode);
    }

    /**
     * @param mode of which only the bits of the kind count
     */
    static Kind kind(int mode) {
        return switch (mode & KIND) {
            case 0040000 -> Kind.FOLDER;
            case 0100000 -> Kind.REGULAR;
            case 0120000 -> Kind.LINK;
            default -> Kind.OTHER;
        };
    }

    int permissions() {
        return mode & PERMISSIONS;
    }

    /** Set-uid, set-gid or sticky. */
    boolean isSpecial() {
        return (mode & SPECIAL) != 0;
    }

    /** Whether the owner may run it, if it is a program. */
    boolean isExecutable() {
        return (mode & 0100) != 0;
    }

    /** Whether the owner may read, change and enter it, if it is a folder. */
    boolean isOpenToOwner() {
        return (mode & OWNERS) == OWNERS;
    }
}
