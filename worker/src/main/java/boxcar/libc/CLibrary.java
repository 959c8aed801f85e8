package boxcar.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Finds functions of the C library. Safe for many threads; a call blocks the thread that carries a
 * virtual one.
 */
@SuppressWarnings("restricted") // Calls of the C library are what this is for.
public final class CLibrary {
    /** Whether numbers that differ between processors are those of aarch64, or of x86-64. */
    public static final boolean AARCH64 = isAarch64(System.getProperty("os.arch", ""));

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle WORDS =
            plain("strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));

    private CLibrary() {}

    /** Another's numbers would mean something else, and a link be followed. */
    private static boolean isAarch64(String architecture) {
        return switch (architecture) {
            case "aarch64" -> true;
            case "amd64", "x86_64" -> false;
            default ->
                    throw new UnsupportedOperationException(
                            "Boxcar runs on x86-64 and aarch64, not on " + architecture);
        };
    }

    /** A function whose errno nobody asks for. */
    public static MethodHandle plain(String function, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(address(function), descriptor);
    }

    /** A function that leaves its errno in what it is given first, a {@link #state}. */
    public static MethodHandle told(String function, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(address(function), descriptor, CAPTURE);
    }

    /**
     * Likewise, a function that takes any number of arguments.
     *
     * @param fixed how many it always has
     */
    public static MethodHandle variadic(String function, int fixed, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                address(function), descriptor, CAPTURE, Linker.Option.firstVariadicArg(fixed));
    }

    private static MemorySegment address(String function) {
        return LINKER.defaultLookup()
                .find(function)
                .orElseThrow(() ->
                        new UnsatisfiedLinkError(
                                "the C library has no " + function + ": glibc 2.34 has"));
    }

    /** Room for the errno of calls of one thread. */
    public static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    /** What the last call left that failed. */
    public static int errno(MemorySegment state) {
        return (int) ERRNO.get(state, 0L);
    }

    /** What strerror(3) says of it. */
    public static String words(int errno) {
        try {
            return ((MemorySegment) WORDS.invokeExact(errno)).reinterpret(1 << 10).getString(0);
        } catch (Throwable e) {
            throw impossible(e);
        }
    }

    /** For the exception that a {@link MethodHandle} declares. */
    public static AssertionError impossible(Throwable e) {
        return new AssertionError("a call of the C library throws nothing", e);
    }
}
