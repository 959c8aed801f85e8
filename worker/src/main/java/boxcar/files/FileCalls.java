package boxcar.files;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import boxcar.libc.CLibrary;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.time.Instant;

/**
 * Calls that reach a file by the descriptor of its folder (section 2 of the manual), none of which
 * follows a link. Numbers are those of Linux on x86-64 and aarch64.
 *
 * <p>They throw what {@link java.nio.file} throws of the same failure. Safe for many threads.
 */
final class FileCalls {
    /** AT_FDCWD: in place of a folder's descriptor, for a path. */
    static final int BY_PATH = -100;

    private static final int DIRECTORY = CLibrary.AARCH64 ? 0x4000 : 0x10000;
    private static final int NO_FOLLOW = CLibrary.AARCH64 ? 0x8000 : 0x20000;
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int NON_BLOCKING = 0x800;
    private static final int CREATE_NEW = 0x40 | 0x80;
    private static final int WRITE_ONLY = 1;

    /** A folder, to read its names and reach what is in it. */
    static final int OF_FOLDER = DIRECTORY | NO_FOLLOW | CLOSE_ON_EXEC;

    /** A regular file; what has become a FIFO meanwhile does not keep us waiting. */
    static final int TO_READ = NO_FOLLOW | NON_BLOCKING | CLOSE_ON_EXEC;

    static final int TO_CREATE = WRITE_ONLY | CREATE_NEW | NO_FOLLOW | CLOSE_ON_EXEC;

    /** Nobody else's, until it gets the mode that it is to have. */
    private static final int OURS = 0600;

    private static final int OURS_TO_ENTER = 0700;

    private static final int REMOVE_FOLDER = 0x200;
    private static final int EMPTY_PATH = 0x1000;
    private static final int LINK_ITSELF = 0x100;
    private static final int BASIC = 0x7ff;

    /** A struct statx, and where in it things are. */
    static final long STATUS_SIZE = 256;

    private static final long USER_AT = 20;
    private static final long GROUP_AT = 24;
    private static final long MODE_AT = 28;
    private static final long SIZE_AT = 40;
    private static final long CHANGED_SECONDS_AT = 112;
    private static final long CHANGED_NANOS_AT = 120;

    private static final int NO_SUCH_FILE = 2;
    private static final int ACCESS_DENIED = 13;
    private static final int EXISTS = 17;
    private static final int NO_FOLDER = 20;
    private static final int IS_A_LINK = 40;
    private static final int NO_SPACE = 28;
    private static final int OVER_QUOTA = 122;

    private static final MethodHandle OPEN =
            CLibrary.variadic(
                    "openat",
                    3,
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle MAKE_FOLDER =
            CLibrary.told("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle REMOVE =
            CLibrary.told("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RENAME =
            CLibrary.told(
                    "renameat",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
    private static final MethodHandle READ_LINK =
            CLibrary.told(
                    "readlinkat",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    private static final MethodHandle MAKE_LINK =
            CLibrary.told("symlinkat", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
    private static final MethodHandle STATUS =
            CLibrary.told(
                    "statx",
                    FunctionDescriptor.of(
                            JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle GIVE =
            CLibrary.told("fchown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle PERMIT =
            CLibrary.told("fchmod", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle PERMIT_BY_NAME =
            CLibrary.told(
                    "fchmodat",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle ENTRIES =
            CLibrary.told(
                    "getdents64", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle READ =
            CLibrary.told("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            CLibrary.told("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE =
            CLibrary.plain("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private FileCalls() {}

    /**
     * @param flags one of those above
     */
    static int open(MemorySegment state, int folder, MemorySegment name, int flags)
            throws IOException {
        int result;
        try {
            result = (int) OPEN.invokeExact(state, folder, name, flags, OURS);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return (int) require(result, state, name);
    }

    /** For us to enter, until it gets the mode that it is to have. */
    static void makeFolder(MemorySegment state, int folder, MemorySegment name) throws IOException {
        int result;
        try {
            result = (int) MAKE_FOLDER.invokeExact(state, folder, name, OURS_TO_ENTER);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
    }

    static void removeFile(MemorySegment state, int folder, MemorySegment name) throws IOException {
        remove(state, folder, name, 0);
    }

    static void removeFolder(MemorySegment state, int folder, MemorySegment name)
            throws IOException {
        remove(state, folder, name, REMOVE_FOLDER);
    }

    private static void remove(MemorySegment state, int folder, MemorySegment name, int flags)
            throws IOException {
        int result;
        try {
            result = (int) REMOVE.invokeExact(state, folder, name, flags);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
    }

    static void rename(
            MemorySegment state, int folder, MemorySegment name, int target, MemorySegment newName)
            throws IOException {
        int result;
        try {
            result = (int) RENAME.invokeExact(state, folder, name, target, newName);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
    }

    /**
     * @return how many bytes it has, without a NUL
     */
    static long readLink(MemorySegment state, int folder, MemorySegment name, MemorySegment into)
            throws IOException {
        long result;
        try {
            result = (long) READ_LINK.invokeExact(state, folder, name, into, into.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return require(result, state, name);
    }

    static void makeLink(
            MemorySegment state, int folder, MemorySegment name, MemorySegment destination)
            throws IOException {
        int result;
        try {
            result = (int) MAKE_LINK.invokeExact(state, destination, folder, name);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
    }

    /** Of what has this name there. */
    static Status status(MemorySegment state, int folder, MemorySegment name, MemorySegment into)
            throws IOException {
        return status(state, folder, name, LINK_ITSELF, into);
    }

    /** Of the open file itself. */
    static Status status(MemorySegment state, int file, MemorySegment into) throws IOException {
        // An empty path (statx(2), AT_EMPTY_PATH).
        into.fill((byte) 0);
        return status(state, file, into, EMPTY_PATH, into);
    }

    private static Status status(
            MemorySegment state, int folder, MemorySegment name, int flags, MemorySegment into)
            throws IOException {
        int result;
        try {
            result = (int) STATUS.invokeExact(state, folder, name, flags, BASIC, into);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
        return new Status(
                Short.toUnsignedInt(into.get(JAVA_SHORT, MODE_AT)),
                into.get(JAVA_INT, USER_AT),
                into.get(JAVA_INT, GROUP_AT),
                into.get(JAVA_LONG, SIZE_AT),
                Instant.ofEpochSecond(
                        into.get(JAVA_LONG, CHANGED_SECONDS_AT),
                        into.get(JAVA_INT, CHANGED_NANOS_AT)));
    }

    static void give(MemorySegment state, int file, int user, int group) throws IOException {
        int result;
        try {
            result = (int) GIVE.invokeExact(state, file, user, group);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, "chown");
    }

    static void permit(MemorySegment state, int file, int mode) throws IOException {
        int result;
        try {
            result = (int) PERMIT.invokeExact(state, file, mode);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, "chmod");
    }

    /** For what cannot be opened. */
    static void permit(MemorySegment state, int folder, MemorySegment name, int mode)
            throws IOException {
        int result;
        try {
            result = (int) PERMIT_BY_NAME.invokeExact(state, folder, name, mode, LINK_ITSELF);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        require(result, state, name);
    }

    /**
     * Reads entries of a folder (struct linux_dirent64).
     *
     * @return how many bytes came; 0 at the end
     */
    static long entries(MemorySegment state, int folder, MemorySegment into) throws IOException {
        long result;
        try {
            result = (long) ENTRIES.invokeExact(state, folder, into, into.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return require(result, state, "getdents64");
    }

    /**
     * @return how many bytes came; 0 at the end
     */
    static long read(MemorySegment state, int file, MemorySegment into) throws IOException {
        long result;
        try {
            result = (long) READ.invokeExact(state, file, into, into.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return require(result, state, "read");
    }

    /**
     * @return how many bytes went
     */
    static long write(MemorySegment state, int file, MemorySegment from) throws IOException {
        long result;
        try {
            result = (long) WRITE.invokeExact(state, file, from, from.byteSize());
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
        return require(result, state, "write");
    }

    static void close(int file) {
        try {
            // Nothing can be done about a failure; the descriptor is gone either way (close(2)).
            int _ = (int) CLOSE.invokeExact(file);
        } catch (Throwable e) {
            throw CLibrary.impossible(e);
        }
    }

    private static long require(long result, MemorySegment state, MemorySegment name)
            throws IOException {
        return result < 0 ? require(result, state, Name.at(name, 0).toString()) : result;
    }

    private static long require(long result, MemorySegment state, String name) throws IOException {
        if (result >= 0) {
            return result;
        }
        int errno = CLibrary.errno(state);
        throw switch (errno) {
            case NO_SUCH_FILE -> new NoSuchFileException(name);
            case ACCESS_DENIED -> new AccessDeniedException(name);
            case EXISTS -> new FileAlreadyExistsException(name);
            case NO_FOLDER, IS_A_LINK -> new NotDirectoryException(name);
            case NO_SPACE, OVER_QUOTA -> new NoRoomException(name, CLibrary.words(errno));
            default -> new FileSystemException(name, null, CLibrary.words(errno));
        };
    }
}
