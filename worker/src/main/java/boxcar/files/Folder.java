package boxcar.files;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An open folder: what is in it is reached through its descriptor, never by a path from the root.
 * For one thread.
 */
final class Folder extends Opened {
    /** Some hundred entries. */
    private static final int ENTRIES = 1 << 13;

    /** Where in a struct linux_dirent64 its length is, its type and its name. */
    private static final long LENGTH_AT = 16;

    private static final long TYPE_AT = 18;
    private static final long NAME_AT = 19;

    /** A type is what a mode has in its highest bits, or 0 on file systems that do not tell it. */
    private static final int TYPE_IN_MODE = 12;

    /** PATH_MAX, which a link's destination has at most. */
    private static final int LONGEST_PATH = 4096;

    private static final Name UP = Name.plain("..");

    private Folder(int descriptor, Scratch scratch) {
        super(descriptor, scratch);
    }

    /** What a folder has in it. */
    record Entry(Name name, Status.Kind kind) {}

    /**
     * @throws NotDirectoryException if the last part of the path is a symbolic link or no folder
     */
    static Folder open(Path path) throws IOException {
        Scratch scratch = new Scratch();
        return open(FileCalls.BY_PATH, scratch.name(Name.of(path)), scratch);
    }

    private static Folder open(int folder, MemorySegment name, Scratch scratch) throws IOException {
        return new Folder(descriptor(folder, name, FileCalls.OF_FOLDER, scratch), scratch);
    }

    private static int descriptor(int folder, MemorySegment name, int flags, Scratch scratch)
            throws IOException {
        int descriptor = -1;
        try {
            descriptor = FileCalls.open(scratch.state(), folder, name, flags);
            return descriptor;
        } finally {
            if (descriptor < 0) {
                scratch.close();
            }
        }
    }

    /**
     * Opens a folder in this one, without following a link.
     *
     * @throws NotDirectoryException if it is anything else
     */
    Folder enter(Name name) throws IOException {
        Scratch scratch = new Scratch();
        return open(descriptor(), scratch.name(name), scratch);
    }

    /** The folder above; only while nobody moves folders about. */
    Folder up() throws IOException {
        return enter(UP);
    }

    /** Reads all entries; once for each opening. */
    List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        MemorySegment some = scratch().allocate(ENTRIES);
        long end = FileCalls.entries(scratch().state(), descriptor(), some);
        while (end > 0) {
            for (long at = 0; at < end; at += some.get(JAVA_SHORT, at + LENGTH_AT)) {
                Name name = Name.at(some, at + NAME_AT);
                if (!name.isHereOrAbove()) {
                    entries.add(new Entry(name, kind(some.get(JAVA_BYTE, at + TYPE_AT), name)));
                }
            }
            end = FileCalls.entries(scratch().state(), descriptor(), some);
        }
        return entries;
    }

    private Status.Kind kind(byte type, Name name) throws IOException {
        return type == 0 ? status(name).kind() : Status.kind(type << TYPE_IN_MODE);
    }

    /**
     * @throws NoSuchFileException if nothing is there
     */
    Status status(Name name) throws IOException {
        Scratch scratch = scratch();
        return FileCalls.status(
                scratch.state(), descriptor(), scratch.name(name), scratch.status());
    }

    /** Makes a folder of this mode, and opens it. */
    Folder make(Name name, int mode) throws IOException {
        FileCalls.makeFolder(scratch().state(), descriptor(), scratch().name(name));
        Folder made = enter(name);
        boolean permitted = false;
        try {
            made.permit(mode);
            permitted = true;
            return made;
        } finally {
            if (!permitted) {
                made.close();
            }
        }
    }

    void permit(Name name, int mode) throws IOException {
        FileCalls.permit(scratch().state(), descriptor(), scratch().name(name), mode);
    }

    void deleteFile(Name name) throws IOException {
        FileCalls.removeFile(scratch().state(), descriptor(), scratch().name(name));
    }

    void deleteFolder(Name name) throws IOException {
        FileCalls.removeFolder(scratch().state(), descriptor(), scratch().name(name));
    }

    /** Moves something into another folder, which is not this one. */
    void moveTo(Name name, Folder target, Name newName) throws IOException {
        FileCalls.rename(
                scratch().state(),
                descriptor(),
                scratch().name(name),
                target.descriptor(),
                target.scratch().name(newName));
    }

    /** A regular file. */
    OpenFile read(Name name) throws IOException {
        return open(name, FileCalls.TO_READ);
    }

    /** A new file; refuses whatever is there already. */
    OpenFile create(Name name) throws IOException {
        return open(name, FileCalls.TO_CREATE);
    }

    private OpenFile open(Name name, int flags) throws IOException {
        Scratch scratch = new Scratch();
        return new OpenFile(descriptor(descriptor(), scratch.name(name), flags, scratch), scratch);
    }

    /**
     * Makes a link here that leads where one of another folder does.
     *
     * @param buffer to be used for it, of more than {@value #LONGEST_PATH} bytes
     */
    void copyLink(Name name, Folder from, MemorySegment buffer) throws IOException {
        long length =
                FileCalls.readLink(
                        from.scratch().state(),
                        from.descriptor(),
                        from.scratch().name(name),
                        buffer.asSlice(0, LONGEST_PATH));
        buffer.set(JAVA_BYTE, length, (byte) 0);
        FileCalls.makeLink(scratch().state(), descriptor(), scratch().name(name), buffer);
    }
}
